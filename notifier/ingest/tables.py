"""The tables: the sources, and what of theirs was kept aside."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base
from notifier.db.base import ByteOrderText


class SourceRow(Base):
    """Where a registry sends its notifications.

    Of its token, which is random and long, the SHA-256 is kept.
    """

    __tablename__ = "ingest_sources"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(ByteOrderText, unique=True)
    kind: Mapped[str]
    prefixes: Mapped[bytes]
    enabled: Mapped[bool]
    token_digest: Mapped[bytes]
    updated_at: Mapped[datetime]


class RejectRow(Base):
    """Something that a source was sent and that could not be read.

    The *fingerprint* is the same for the same content: what a sender repeats is one
    row. Of *content* there may be the beginning only.
    """

    __tablename__ = "ingest_rejects"
    __table_args__ = (
        sa.Index(
            "ix_ingest_rejects_fingerprint", "source_id", "fingerprint", unique=True
        ),
        sa.Index("ix_ingest_rejects_source", "source_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID]
    fingerprint: Mapped[bytes]
    reason: Mapped[str]
    content: Mapped[bytes]
    size: Mapped[int] = mapped_column(sa.Integer)
