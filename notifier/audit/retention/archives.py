"""Archives as they are listed, restored and released."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa

from notifier.audit.retention.errors import (
    ArchiveNotRestored,
    ArchiveRestored,
    ArchiveUnknown,
)
from notifier.audit.retention.tables import (
    ARCHIVED,
    LEAVING,
    RESTORED,
    RETURNING,
    ArchiveRow,
)
from notifier.db import Transaction
from notifier.ids import first_uuid7, made_at

_NS_PER_S: Final = 1_000_000_000


class ArchiveState(StrEnum):
    """Where an archive's events are, beside its file.

    They are in the table when it is restored, and not when it is archived.
    """

    LEAVING = "leaving"
    ARCHIVED = "archived"
    RETURNING = "returning"
    RESTORED = "restored"


_STATES = {
    LEAVING: ArchiveState.LEAVING,
    ARCHIVED: ArchiveState.ARCHIVED,
    RETURNING: ArchiveState.RETURNING,
    RESTORED: ArchiveState.RESTORED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A file of *events*, oldest first, and how many there are of each action.

    The file has *size* bytes.
    """

    id: UUID
    state: ArchiveState
    events: int
    counts: Mapping[str, int]
    first_id: UUID
    last_id: UUID
    size: int
    sha256: bytes
    created_at: datetime
    updated_at: datetime
    error: str | None

    @property
    def since(self) -> datetime:
        """Return the time of its first event."""
        return made_at(self.first_id)

    @property
    def until(self) -> datetime:
        """Return the time of its last event."""
        return made_at(self.last_id)

    def described(self) -> dict[str, Any]:
        """Say what it is, for the log."""
        about = {
            "id": self.id,
            "events": self.events,
            "since": self.since,
            "until": self.until,
        }
        return {"archive": orjson.loads(orjson.dumps(about))}


@dataclass(frozen=True, slots=True)
class Ranges:
    """Ranges of ids, their ends included."""

    ranges: Sequence[tuple[UUID, UUID]]

    def have(self, id_: UUID) -> bool:
        """Tell whether *id_* is within any of them."""
        return any(first <= id_ <= last for first, last in self.ranges)


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


def get_archive(connection: sa.Connection, id_: UUID) -> Archive:
    """Return an archive; raise `ArchiveUnknown`."""
    row = connection.execute(_ARCHIVES.where(ArchiveRow.id == id_)).one_or_none()
    if row is None:
        raise ArchiveUnknown
    return _archive(row)


def list_archives(
    connection: sa.Connection,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    before: UUID | None = None,
    limit: int | None = None,
) -> Sequence[Archive]:
    """List archives, the newest first, those made before the one called *before*.

    With times, those that may have events of then: *since* is the first that counts,
    *until* the first that does not.
    """
    statement = _ARCHIVES.order_by(ArchiveRow.id.desc()).limit(limit)
    if since is not None:
        statement = statement.where(ArchiveRow.last_id >= _first_id(since))
    if until is not None:
        statement = statement.where(ArchiveRow.first_id < _first_id(until))
    if before is not None:
        statement = statement.where(ArchiveRow.id < before)
    return [_archive(row) for row in connection.execute(statement)]


def list_ids(connection: sa.Connection) -> set[UUID]:
    """List the ids of all."""
    return set(connection.scalars(sa.select(ArchiveRow.id)))


def restore(transaction: Transaction, id_: UUID) -> Archive:
    """Have a worker put an archive's events back into the log.

    Raises `ArchiveUnknown` or `ArchiveRestored`.
    """
    return _turn(transaction, id_, (LEAVING, ARCHIVED), RETURNING, ArchiveRestored)


def release(transaction: Transaction, id_: UUID) -> Archive:
    """Have a worker take an archive's events from the log again.

    Raises `ArchiveUnknown` or `ArchiveNotRestored`.
    """
    return _turn(transaction, id_, (RETURNING, RESTORED), LEAVING, ArchiveNotRestored)


def find_due(connection: sa.Connection, now: datetime) -> Archive | None:
    """Return an archive that has events to move now: back first, then away."""
    row = connection.execute(_DUE, {"now": now}).first()
    return None if row is None else _archive(row)


def list_away(connection: sa.Connection) -> Ranges:
    """Return where a run has to leave alone what it finds.

    It may be in an archive whose events are in the log, or not all gone from there.
    """
    ranges = sa.select(ArchiveRow.first_id, ArchiveRow.last_id).where(_IS_AWAY)
    return Ranges([(row.first_id, row.last_id) for row in connection.execute(ranges)])


def list_overlapping(
    connection: sa.Connection, first: UUID, last: UUID
) -> Sequence[Archive]:
    """List what has all its events in its file alone, and may have some of these."""
    statement = _ARCHIVES.where(
        ArchiveRow.state == ARCHIVED,
        ArchiveRow.first_id <= last,
        ArchiveRow.last_id >= first,
    )
    return [_archive(row) for row in connection.execute(statement)]


def keep(transaction: Transaction, archive: Archive) -> bool:
    """Keep an archive in its state till the transaction ends; tell if it still is."""
    statement = sa.select(ArchiveRow.state).where(ArchiveRow.id == archive.id)
    state = transaction.execute(statement.with_for_update()).scalar_one()
    return _STATES[state] is archive.state


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


def _turn(
    transaction: Transaction,
    id_: UUID,
    states: tuple[int, ...],
    state: int,
    refusal: type[Exception],
) -> Archive:
    turned = transaction.execute(
        sa.update(ArchiveRow)
        .where(ArchiveRow.id == id_, ArchiveRow.state.in_(states))
        .values(
            state=state,
            updated_at=datetime.now(UTC),
            due_at=datetime.now(UTC),
            error=None,
        )
    )
    archive = get_archive(transaction.connection, id_)
    if not turned.rowcount:
        raise refusal
    return archive


def _set(transaction: Transaction, id_: UUID, **values: Any) -> None:
    transaction.execute(
        sa.update(ArchiveRow)
        .where(ArchiveRow.id == id_)
        .values(updated_at=datetime.now(UTC), **values)
    )


_ARCHIVES = sa.select(ArchiveRow.__table__)
# As it stands in the condition of the index.
_IS_AWAY = ArchiveRow.state != sa.literal_column(str(ARCHIVED))
_DUE = (
    _ARCHIVES.where(
        _IS_AWAY,
        ArchiveRow.state.in_((LEAVING, RETURNING)),
        ArchiveRow.due_at <= sa.bindparam("now"),
    )
    .order_by(ArchiveRow.state.desc(), ArchiveRow.id)
    .limit(1)
)


def _first_id(at: datetime) -> UUID:
    return first_uuid7(int(at.timestamp() * 1000) * 1_000_000)


def _archive(row: sa.Row[Any]) -> Archive:
    return Archive(
        id=row.id,
        state=_STATES[row.state],
        events=row.events,
        counts=orjson.loads(row.counts),
        first_id=row.first_id,
        last_id=row.last_id,
        size=row.size,
        sha256=bytes(row.sha256),
        created_at=row.created_at,
        updated_at=row.updated_at,
        error=row.error,
    )
