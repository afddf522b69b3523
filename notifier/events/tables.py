"""The table of the audit log, and the numbers that stand for words in it.

A row is kept compact: ids and addresses are bytes, and what recurs (digests,
repositories, media types, clients, sources) is a number of another table. The key is
the event's id, a UUIDv7, so that rows lie in the order of their time, and each index
ends in it.

Nine of ten events are pulls. So most orders have a second index of *changes*, which is
everything but pulls: it costs little, and finds a push behind a million pulls.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base
from notifier.db.base import ByteOrderText, Serial
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
    Action.RETENTION_UPDATE: 33,
    Action.RETENTION_RUN: 34,
    Action.RETENTION_CANCEL: 35,
    Action.ARCHIVE_RESTORE: 36,
    Action.ARCHIVE_RELEASE: 37,
}
KINDS = {Kind.MANIFEST: 1, Kind.BLOB: 2}
TAG_CHANGES = {TagChange.NEW: 1, TagChange.MOVED: 2, TagChange.UNCHANGED: 3}

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_IS_UUID, _IS_TEXT = b"\1", b"\0"

# Whoever wants an index on changes to be used has to say so in these very words.
IS_CHANGE = f"action <> {ACTIONS[Action.PULL]}"
HAS_TAG = "tag IS NOT NULL"
HAS_ACTOR = "actor_text IS NOT NULL"


def _index(
    name: str, *columns: str, where: Sequence[str] = (), more: Sequence[str] = ()
) -> sa.Index:
    """Name an index by *columns*, that can be asked for *more* without the row."""
    condition = sa.text(" AND ".join(where)) if where else None
    return sa.Index(
        f"ix_events_{name}",
        *columns,
        "id",
        *more,
        sqlite_where=condition,
        postgresql_where=condition,
    )


class DigestRow(Base):
    """A digest that events name by number."""

    __tablename__ = "digests"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    digest: Mapped[Digest] = mapped_column(DigestBytes, unique=True)


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
        return None if value is None else unpack_outside_id(bytes(value))


def unpack_outside_id(value: bytes) -> str:
    """Return the id that `OutsideId` has kept so."""
    kind, packed = value[:1], value[1:]
    return str(UUID(bytes=packed)) if kind == _IS_UUID else packed.decode()


class EventRow(Base):
    """One line of the audit log. The columns ``…_text`` name rows of ``texts``.

    The columns of fixed length stand first, the long ones before the short ones, so
    that PostgreSQL leaves no gaps between them.
    """

    __tablename__ = "events"
    __table_args__ = (
        _index("digest", "digest_id"),
        _index("digest_change", "digest_id", where=[IS_CHANGE]),
        _index("repository", "repository_id", more=["tag", "action"]),
        _index("repository_change", "repository_id", where=[IS_CHANGE]),
        _index("actor", "actor_text", where=[HAS_ACTOR]),
        _index("actor_change", "actor_text", where=[IS_CHANGE, HAS_ACTOR]),
        _index("addr", "addr"),
        _index("addr_change", "addr", where=[IS_CHANGE]),
        _index("action", "action", where=[IS_CHANGE]),
        _index("tag", "repository_id", "tag", where=[IS_CHANGE, HAS_TAG]),
        _index("tag_anywhere", "tag", where=[IS_CHANGE, HAS_TAG]),
        sa.Index(
            "ix_events_ingest_id",
            "ingest_id",
            sqlite_where=sa.text("ingest_id IS NOT NULL"),
            postgresql_where=sa.text("ingest_id IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID]
    timestamp_ns: Mapped[int] = mapped_column(sa.BigInteger)
    recorded_at: Mapped[datetime]
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    repository_id: Mapped[int | None]
    from_repository_id: Mapped[int | None]
    digest_id: Mapped[int | None]
    previous_digest_id: Mapped[int | None]
    media_type_text: Mapped[int | None]
    artifact_type_text: Mapped[int | None]
    registry_text: Mapped[int | None]
    actor_text: Mapped[int | None]
    credential_text: Mapped[int | None]
    host_text: Mapped[int]
    useragent_text: Mapped[int]
    source_text: Mapped[int]
    instance_text: Mapped[int]
    port: Mapped[int | None]
    action: Mapped[int] = mapped_column(sa.SmallInteger)
    kind: Mapped[int | None] = mapped_column(sa.SmallInteger)
    tag_change: Mapped[int | None] = mapped_column(sa.SmallInteger)
    addr: Mapped[bytes]
    method: Mapped[str]
    tag: Mapped[str | None] = mapped_column(ByteOrderText)
    target_references: Mapped[bytes | None]
    detail: Mapped[bytes | None]
    ingest_text: Mapped[int | None]
    ingest_id: Mapped[str | None] = mapped_column(OutsideId)
