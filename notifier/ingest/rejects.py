"""Rejects: what a source was sent and could not be read, kept aside with the reason.

A source keeps the newest thousand of thirty days, each with the beginning of what was
sent. They are for whoever looks for what is missing, and no part of the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from operator import itemgetter
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa

from notifier.db import Prepared, Transaction
from notifier.ids import first_id, made_at, uuid7
from notifier.ingest.tables import RejectRow

MAX_REJECTS: Final = 1000
MAX_AGE: Final = timedelta(days=30)
MAX_CONTENT: Final = 4096

# One request may bring thousands of bad events: these tell what is wrong with them.
MAX_AT_ONCE: Final = 100

_MAX_REASON: Final = 500


class Refusal(NamedTuple):
    """Why something is not taken, and what it is: its beginning, and its size.

    The fingerprint is that of all of it.
    """

    reason: str
    content: bytes
    size: int
    fingerprint: bytes

    @classmethod
    def of(cls, reason: str, content: bytes) -> Self:
        """Refuse *content*."""
        cut = reason[:_MAX_REASON]
        fingerprint = blake2b(cut.encode() + b"\0" + content, digest_size=16)
        beginning = content[:MAX_CONTENT]
        return cls(cut, beginning, len(content), fingerprint.digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Something that was kept aside. *size* is that of all of it, in bytes."""

    id: UUID
    received_at: datetime
    reason: str
    content: str
    size: int


def put(transaction: Transaction, source_id: UUID, refusals: Sequence[Refusal]) -> None:
    """Keep *refusals* aside; the oldest of the source make room for them."""
    connection = transaction.connection
    rows = [
        {"id": uuid7(), "source_id": source_id, **refusal._asdict()}
        for refusal in refusals
    ]
    # In this order no two that keep the same aside wait for each other.
    rows.sort(key=itemgetter("fingerprint"))
    _INSERT.run_many(connection, rows)
    last = _LAST.first(connection, source_id=source_id, newer=MAX_REJECTS - 1)
    least = _least_id() if last is None else max(last[0], _least_id())
    _FORGET.run(connection, source_id=source_id, least=least)


def list_rejects(
    connection: sa.Connection,
    source_id: UUID,
    *,
    limit: int,
    before: UUID | None = None,
) -> Sequence[Reject]:
    """List what was kept aside of a source, newest first."""
    statement = (
        sa.select(RejectRow.__table__)
        .where(RejectRow.source_id == source_id, RejectRow.id >= _least_id())
        .order_by(RejectRow.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(RejectRow.id < before)
    return [_reject(row) for row in connection.execute(statement)]


def remove_all(transaction: Transaction, source_id: UUID) -> None:
    """Forget what was kept aside of a source."""
    transaction.execute(sa.delete(RejectRow).where(RejectRow.source_id == source_id))


def _reject(row: sa.Row[Any]) -> Reject:
    return Reject(
        id=row.id,
        received_at=made_at(row.id),
        reason=row.reason,
        content=row.content.decode(errors="replace"),
        size=row.size,
    )


def _least_id() -> UUID:
    """Return the least id of what is not too old."""
    return first_id(datetime.now(UTC) - MAX_AGE)


_INSERT = Prepared(lambda insert: insert(RejectRow).on_conflict_do_nothing())
_LAST = Prepared(
    sa.select(RejectRow.id)
    .where(RejectRow.source_id == sa.bindparam("source_id"))
    .order_by(RejectRow.id.desc())
    .offset(sa.bindparam("newer"))
    .limit(1)
)
_FORGET = Prepared(
    sa.delete(RejectRow).where(
        RejectRow.source_id == sa.bindparam("source_id"),
        RejectRow.id < sa.bindparam("least"),
    )
)
