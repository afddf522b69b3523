"""The table of the audit log, and the numbers that stand for words in it.

A row is kept compact: digests and ids are bytes, and what recurs (repositories, media
types, clients, sources) is a number of another table. The key is the event's id, a
UUIDv7, so that rows lie in the order of their time, and each index ends in it.
"""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base
from notifier.events.event import Action, Kind, TagChange
from notifier.registry.digest import Digest, DigestBytes

ACTIONS = {
    Action.PUSH: 1,
    Action.PULL: 2,
    Action.MOUNT: 3,
    Action.DELETE: 4,
    Action.PING: 5,
    Action.ENDPOINT_OPENED: 6,
    Action.ENDPOINT_CLOSED: 7,
    Action.ENDPOINT_DISABLED: 8,
    Action.DELIVERY_FAILED: 9,
    Action.DENIED: 10,
    Action.ENDPOINT_CREATE: 11,
    Action.ENDPOINT_UPDATE: 12,
    Action.ENDPOINT_REMOVE: 13,
    Action.SECRET_CREATE: 14,
    Action.SECRET_REMOVE: 15,
    Action.DELIVERY_REDELIVER: 16,
    Action.REDELIVERY_CREATE: 17,
    Action.REDELIVERY_CANCEL: 18,
    Action.REPLAY_CREATE: 19,
    Action.REPLAY_CANCEL: 20,
    Action.USER_CREATE: 21,
    Action.USER_UPDATE: 22,
    Action.USER_REMOVE: 23,
    Action.GRANT_CREATE: 24,
    Action.GRANT_REMOVE: 25,
    Action.TOKEN_CREATE: 26,
    Action.TOKEN_REVOKE: 27,
    Action.GC_RUN: 28,
    Action.SOURCE_CREATE: 29,
    Action.SOURCE_UPDATE: 30,
    Action.SOURCE_ROTATE: 31,
    Action.SOURCE_REMOVE: 32,
}
KINDS = {Kind.MANIFEST: 1, Kind.BLOB: 2}
TAG_CHANGES = {TagChange.NEW: 1, TagChange.MOVED: 2, TagChange.UNCHANGED: 3}

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_IS_UUID, _IS_TEXT = b"\1", b"\0"

_IS_TAG_PUSH = f"action = {ACTIONS[Action.PUSH]} AND tag IS NOT NULL"


class OutsideId(sa.types.TypeDecorator[str]):
    """An id that others have made, nearly always a UUID, which takes half its text."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> Any:
        """Pack the id."""
        if value is None:
            return None
        if _UUID.fullmatch(value):
            return _IS_UUID + bytes.fromhex(value.replace("-", ""))
        return _IS_TEXT + value.encode()

    def process_result_value(self, value: Any, _dialect: Dialect) -> str | None:
        """Unpack the id."""
        if value is None:
            return None
        kind, packed = bytes(value[:1]), bytes(value[1:])
        return str(UUID(bytes=packed)) if kind == _IS_UUID else packed.decode()


class EventRow(Base):
    """One line of the audit log. The columns ``…_text`` name rows of ``texts``."""

    __tablename__ = "events"
    __table_args__ = (
        sa.Index("ix_events_digest", "digest", "id"),
        sa.Index("ix_events_repository", "repository_id", "id"),
        sa.Index(
            "ix_events_tag_push",
            "repository_id",
            "tag",
            "id",
            sqlite_where=sa.text(_IS_TAG_PUSH),
            postgresql_where=sa.text(_IS_TAG_PUSH),
        ),
        sa.Index(
            "ix_events_ingest_id",
            "ingest_id",
            sqlite_where=sa.text("ingest_id IS NOT NULL"),
            postgresql_where=sa.text("ingest_id IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    timestamp_ns: Mapped[int] = mapped_column(sa.BigInteger)
    recorded_at: Mapped[datetime]
    action: Mapped[int] = mapped_column(sa.SmallInteger)
    kind: Mapped[int | None] = mapped_column(sa.SmallInteger)
    repository_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    from_repository_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    digest: Mapped[Digest | None] = mapped_column(DigestBytes)
    media_type_text: Mapped[int | None] = mapped_column(sa.BigInteger)
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    tag: Mapped[str | None]
    tag_change: Mapped[int | None] = mapped_column(sa.SmallInteger)
    previous_digest: Mapped[Digest | None] = mapped_column(DigestBytes)
    registry_text: Mapped[int | None] = mapped_column(sa.BigInteger)
    target_references: Mapped[bytes | None]
    actor_text: Mapped[int | None] = mapped_column(sa.BigInteger)
    request_id: Mapped[UUID]
    addr: Mapped[str]
    host_text: Mapped[int] = mapped_column(sa.BigInteger)
    method: Mapped[str]
    useragent_text: Mapped[int] = mapped_column(sa.BigInteger)
    source_text: Mapped[int] = mapped_column(sa.BigInteger)
    source_instance: Mapped[UUID]
    artifact_type_text: Mapped[int | None] = mapped_column(sa.BigInteger)
    detail: Mapped[bytes | None]
    credential_text: Mapped[int | None] = mapped_column(sa.BigInteger)
    ingest_text: Mapped[int | None] = mapped_column(sa.BigInteger)
    ingest_id: Mapped[str | None] = mapped_column(OutsideId)
