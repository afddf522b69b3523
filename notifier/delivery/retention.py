"""Retention: deliveries that came to an end are forgotten after a time.

The audit log keeps the events; what goes are their deliveries and all attempts at them.
The id of a delivery begins with the time of its making, so the oldest stand first in
the order of the key, and each batch is cut from there.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from notifier.db import Database, Transaction
from notifier.delivery.attempt_tables import AttemptRow, BatchRow
from notifier.delivery.tables import PENDING, DeliveryRow
from notifier.delivery.ways import forget_unused
from notifier.ids import first_id

# So few that a push which waits for the database does not wait for long.
_AT_ONCE = 200
_WORK_S = 1.0
_PAUSE_S = 0.02
_REST_S = 3600.0
_FIRST = UUID(int=0)


class Retention:
    """Deletes deliveries that were made more than *age* ago, once an hour.

    What is pending, or to be sent once more, stays however old it is, and so does what
    had an attempt since then.
    """

    def __init__(self, database: Database, age: timedelta) -> None:
        self._database = database
        self._age = age
        self._after = _FIRST
        self._again_at = 0.0

    def work(self) -> None:
        """Go on for a moment, if it is time."""
        until = time.monotonic() + _WORK_S
        while self._again_at <= time.monotonic() < until:
            if self._step(datetime.now(UTC) - self._age):
                time.sleep(_PAUSE_S)

    def _step(self, before: datetime) -> bool:
        """Look at some deliveries; tell whether any of them had to go."""
        values = {
            "after": self._after,
            "end": first_id(before),
            "before": before,
        }
        with self._database.read() as connection:
            rows = connection.execute(_OLD, values).all()
        old = [row.id for row in rows if row.is_over]
        if old:
            _delete(self._database, old)
        if len(rows) == _AT_ONCE:
            self._after = rows[-1].id
        else:
            with self._database.transaction() as transaction:
                forget_unused(transaction.connection, before)
            self._after = _FIRST
            self._again_at = time.monotonic() + _REST_S
        return bool(old)


_IS_OVER = sa.and_(DeliveryRow.due_at.is_(None), DeliveryRow.state != PENDING)
_WAS_ATTEMPTED = sa.exists().where(
    AttemptRow.delivery_id == DeliveryRow.id,
    AttemptRow.number == DeliveryRow.attempts,
    AttemptRow.started_at >= sa.bindparam("before"),
)
_OLD = (
    sa.select(DeliveryRow.id, (_IS_OVER & ~_WAS_ATTEMPTED).label("is_over"))
    .where(DeliveryRow.id > sa.bindparam("after"), DeliveryRow.id < sa.bindparam("end"))
    .order_by(DeliveryRow.id)
    .limit(_AT_ONCE)
)


def _delete(database: Database, ids: Sequence[UUID]) -> None:
    """Delete deliveries, but those that are to be sent once more by now."""
    with database.transaction() as transaction:
        gone = transaction.execute(
            sa.delete(DeliveryRow)
            .where(DeliveryRow.id.in_(ids), _IS_OVER)
            .returning(DeliveryRow.id)
        ).scalars()
        attempts = transaction.execute(
            sa.delete(AttemptRow)
            .where(AttemptRow.delivery_id.in_(gone.all()))
            .returning(AttemptRow.batch_id)
        ).scalars()
        _leave(transaction, Counter(id_ for id_ in attempts if id_ is not None))


_PUT_FEWER = (
    sa.update(BatchRow)
    .where(BatchRow.id == sa.bindparam("batch_id"))
    .values(attempts=BatchRow.attempts - sa.bindparam("gone"))
)


def _leave(transaction: Transaction, gone: Mapping[UUID, int]) -> None:
    """Count fewer attempts of batches, and delete those that have none any more."""
    if not gone:
        return
    # Two workers that take the rows in one order do not wait for each other in turn.
    counts = [{"batch_id": id_, "gone": gone[id_]} for id_ in sorted(gone)]
    transaction.execute(_PUT_FEWER, counts)
    transaction.execute(
        sa.delete(BatchRow).where(BatchRow.id.in_(gone), BatchRow.attempts <= 0)
    )
