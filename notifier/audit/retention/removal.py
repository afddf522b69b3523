"""Removal: an archive's events leave the table, a few at a time."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.retention import moves
from notifier.audit.retention.archive import Archive
from notifier.audit.retention.due import FOR_DELIVERIES
from notifier.audit.retention.files import Files
from notifier.audit.retention.pace import Pace
from notifier.audit.retention.search import list_delivered
from notifier.db import Database, Transaction
from notifier.events.tables import EventRow


class Removal:
    """The removal of what one archive has.

    What goes was read back from its file, so each step may be taken again by another
    process, from the beginning.
    """

    def __init__(self, database: Database, files: Files, archive: Archive) -> None:
        self._database = database
        self._archive = archive
        self._ids = files.ids(archive)
        self._done = 0
        self._waiting = 0

    def step(self, pace: Pace) -> bool:
        """Take a step; tell whether there is another."""
        ids = self._ids[self._done : self._done + pace.size]
        with pace.transaction(self._database) as transaction:
            if not moves.keep(transaction, self._archive):
                return False
            if not ids:
                self._finish(transaction)
                return False
            self._waiting += len(delete_rows(transaction, ids))
        self._done += len(ids)
        return True

    def _finish(self, transaction: Transaction) -> None:
        """Note that all are gone, or that some have deliveries, and have to wait."""
        if not self._waiting:
            moves.settle(transaction, self._archive)
            return
        moves.put_off(
            transaction,
            self._archive,
            datetime.now(UTC) + FOR_DELIVERIES,
            f"{self._waiting} events have deliveries, which are to be forgotten first",
        )


def delete_rows(transaction: Transaction, ids: Sequence[UUID]) -> set[UUID]:
    """Delete events by their ids; return those that have deliveries, and stay."""
    connection = transaction.connection
    if connection.dialect.name == "postgresql":
        # Whoever makes deliveries of old events has locked these: see `hold_events`.
        # When they are done, the next statement sees what they have made.
        transaction.execute(_LOCK, {"ids": ids})
    delivered = list_delivered(connection, ids)
    gone = [id_ for id_ in ids if id_ not in delivered]
    if gone:
        transaction.execute(_DELETE, {"ids": gone})
    return delivered


_ARE_THESE = EventRow.id.in_(sa.bindparam("ids", expanding=True))
_LOCK = sa.select(EventRow.id).where(_ARE_THESE).order_by(EventRow.id).with_for_update()
_DELETE = sa.delete(EventRow).where(_ARE_THESE)
