"""Archives as they are listed, restored and released."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.retention.archive import Archive
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
from notifier.ids import first_id


def get_archive(connection: sa.Connection, id_: UUID) -> Archive:
    """Return an archive; raise `ArchiveUnknown`."""
    row = connection.execute(_ARCHIVES.where(ArchiveRow.id == id_)).one_or_none()
    if row is None:
        raise ArchiveUnknown
    return Archive.of(row)


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
        statement = statement.where(ArchiveRow.last_id >= first_id(since))
    if until is not None:
        statement = statement.where(ArchiveRow.first_id < first_id(until))
    if before is not None:
        statement = statement.where(ArchiveRow.id < before)
    return [Archive.of(row) for row in connection.execute(statement)]


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


def _turn(
    transaction: Transaction,
    id_: UUID,
    states: tuple[int, ...],
    state: int,
    refusal: type[Exception],
) -> Archive:
    now = datetime.now(UTC)
    turned = transaction.execute(
        sa.update(ArchiveRow)
        .where(ArchiveRow.id == id_, ArchiveRow.state.in_(states))
        .values(state=state, updated_at=now, due_at=now, error=None)
    )
    archive = get_archive(transaction.connection, id_)
    if not turned.rowcount:
        raise refusal
    return archive


_ARCHIVES = sa.select(ArchiveRow.__table__)
