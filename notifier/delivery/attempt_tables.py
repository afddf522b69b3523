"""The tables of attempts, and of what many of them have in common."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base
from notifier.db.base import Serial


class AttemptRow(Base):
    """One POST of a delivery, and the beginning of its answer.

    With the digest of its message, the number of its way and the event, what was sent
    can be told again. Where it was sent together with others, the digest and the header
    of the answer stand in the *batch*. There is no way if nothing was sent, or if the
    attempt is older than the table of ways.
    """

    __tablename__ = "attempts"
    __table_args__ = ({"sqlite_with_rowid": False},)

    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
    started_at: Mapped[datetime]
    duration_ms: Mapped[int] = mapped_column(sa.Integer)
    status: Mapped[int | None] = mapped_column(sa.SmallInteger)
    error: Mapped[str | None]
    response: Mapped[bytes]
    trigger: Mapped[int] = mapped_column(sa.SmallInteger)
    way_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    message_digest: Mapped[bytes | None]
    answer_header: Mapped[bytes | None]
    batch_id: Mapped[UUID | None]


class BatchRow(Base):
    """Several events in one POST, as long as there are *attempts* of it.

    The ids of the events, 16 bytes each, stand in the order in which they were told.
    """

    __tablename__ = "batches"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_ids: Mapped[bytes]
    message_digest: Mapped[bytes]
    answer_header: Mapped[bytes | None]
    attempts: Mapped[int] = mapped_column(sa.Integer)


class WayRow(Base):
    """How an endpoint was written to, and reached: see `notifier.delivery.ways`.

    No delivery with the id *used_before*, or a later one, was sent so. That is put off
    as long as the way is used.
    """

    __tablename__ = "ways"
    __table_args__ = (sa.Index("ix_ways_digest", "endpoint_id", "digest", unique=True),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(sa.BigInteger)
    digest: Mapped[bytes]
    content: Mapped[bytes]
    peer: Mapped[str | None]
    tls_version: Mapped[str | None]
    used_before: Mapped[UUID]
