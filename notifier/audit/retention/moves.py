"""Moves: which archives' events are on their way, from the table or back to it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from notifier.audit.retention.archive import Archive, ArchiveState
from notifier.audit.retention.due import is_due
from notifier.audit.retention.ranges import Ranges
from notifier.audit.retention.tables import (
    ARCHIVED,
    LEAVING,
    RESTORED,
    RETURNING,
    ArchiveRow,
)
from notifier.db import Transaction


def add_archive(transaction: Transaction, archive: Archive) -> None:
    """Write down an archive whose file is complete; its events can leave now."""
    transaction.execute(
        sa.insert(ArchiveRow).values(
            id=archive.id,
            state=LEAVING,
            events=archive.events,
            counts=orjson.dumps(archive.counts),
            first_id=archive.first_id,
            last_id=archive.last_id,
            size=archive.size,
            sha256=archive.sha256,
            created_at=archive.created_at,
            updated_at=archive.updated_at,
            due_at=archive.created_at,
        )
    )


def find_due(connection: sa.Connection, now: datetime) -> Archive | None:
    """Return an archive that has events to move now: back first, then away."""
    row = connection.execute(_MOVING.where(is_due(ArchiveRow.due_at, now))).first()
    return None if row is None else Archive.of(row)


def list_away(connection: sa.Connection) -> Ranges:
    """Return where a run has to leave alone what it finds.

    It may be in an archive whose events are in the log, or not all gone from there.
    """
    ranges = sa.select(ArchiveRow.first_id, ArchiveRow.last_id).where(_IS_AWAY)
    return Ranges((row.first_id, row.last_id) for row in connection.execute(ranges))


def list_overlapping(
    connection: sa.Connection, first: UUID, last: UUID
) -> Sequence[Archive]:
    """List what has all its events in its file alone, and may have some of these."""
    statement = sa.select(ArchiveRow.__table__).where(
        ArchiveRow.state == ARCHIVED,
        ArchiveRow.first_id <= last,
        ArchiveRow.last_id >= first,
    )
    return [Archive.of(row) for row in connection.execute(statement)]


def keep(transaction: Transaction, archive: Archive) -> bool:
    """Keep an archive as it is till the transaction ends; tell if it still is so.

    Whoever has turned it round since, and back again, has begun another move.
    """
    statement = sa.select(ArchiveRow.updated_at).where(ArchiveRow.id == archive.id)
    found = transaction.execute(statement.with_for_update()).scalar_one()
    return found == archive.updated_at


def settle(transaction: Transaction, archive: Archive) -> None:
    """Note that all events of an archive are where they belong."""
    state = ARCHIVED if archive.state is ArchiveState.LEAVING else RESTORED
    _set(transaction, archive.id, state=state, error=None)


def put_off(
    transaction: Transaction, archive: Archive, due_at: datetime, error: str
) -> None:
    """Go on with an archive later, for there is something in the way."""
    if keep(transaction, archive):
        _set(transaction, archive.id, due_at=due_at, error=error)


def _set(transaction: Transaction, id_: UUID, **values: Any) -> None:
    transaction.execute(
        sa.update(ArchiveRow)
        .where(ArchiveRow.id == id_)
        .values(updated_at=datetime.now(UTC), **values)
    )


# As it stands in the condition of the index.
_IS_AWAY = ArchiveRow.state != sa.literal_column(str(ARCHIVED))
_MOVING = (
    sa.select(ArchiveRow.__table__)
    .where(_IS_AWAY, ArchiveRow.state.in_((LEAVING, RETURNING)))
    .order_by(ArchiveRow.state.desc(), ArchiveRow.id)
    .limit(1)
)
