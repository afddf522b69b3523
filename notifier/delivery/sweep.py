"""The sweep: finds what is due, whatever became of the nudges.

It asks the database only, so that Redis may be down or wiped: that costs a moment,
never a delivery.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from notifier.db import Database
from notifier.delivery import breakers, deliveries, leases
from notifier.delivery.tables import BreakerRow, DeliveryRow, DrainRow, EndpointRow

# A clock that is corrected by less costs no more than that.
_LEEWAY = timedelta(seconds=5)


class Sweep:
    """What a worker does again and again, and what it knows of its clock."""

    def __init__(self, database: Database, start_drain: Callable[[int], None]) -> None:
        self._database = database
        self._start_drain = start_drain
        self._ahead = _ahead()

    def work(self) -> None:
        """Start drains; if the clock was set back, plan for what it shows now.

        Else what was due in a moment would wait until the clock is there again.
        """
        ahead = _ahead()
        back = self._ahead - ahead
        if back > _LEEWAY:
            replan(self._database, back)
        # Not before it is done: the database may be away.
        self._ahead = ahead
        sweep(self._database, self._start_drain)


def replan(database: Database, back: timedelta) -> None:
    """Bring forward what is to happen later, by as much as the clock was set *back*."""
    now = datetime.now(UTC)
    with database.read() as connection:
        is_later = sa.exists().where(
            DeliveryRow.endpoint_id == EndpointRow.id, DeliveryRow.due_at > now
        )
        keys = connection.scalars(sa.select(EndpointRow.id).where(is_later)).all()
    for key in keys:
        with database.transaction() as transaction:
            leases.lock(transaction.connection, key)
            deliveries.bring_forward(transaction.connection, key, now, back)
            breakers.bring_forward(transaction.connection, key, now, back)


def sweep(database: Database, start_drain: Callable[[int], None]) -> None:
    """Start the drains of endpoints that have deliveries due and nobody at them."""
    now = datetime.now(UTC)
    with database.read() as connection:
        due = list_neglected(connection, now)
        orphaned = list_orphaned(connection)
    for key in due:
        start_drain(key)
    for key in orphaned:
        with database.transaction() as transaction:
            leases.lock(transaction.connection, key)
            deliveries.cancel_due(transaction.connection, key)


def list_neglected(connection: sa.Connection, now: datetime) -> Sequence[int]:
    """List the enabled endpoints with deliveries due, no live lease and no pause."""
    is_due = sa.exists().where(
        DeliveryRow.endpoint_id == EndpointRow.id, DeliveryRow.due_at <= now
    )
    is_leased = sa.exists().where(
        DrainRow.endpoint_id == EndpointRow.id, leases.is_live(now)
    )
    is_paused = sa.exists().where(
        BreakerRow.endpoint_id == EndpointRow.id, BreakerRow.paused_until > now
    )
    statement = sa.select(EndpointRow.id).where(
        EndpointRow.enabled,
        EndpointRow.removed_at.is_(None),
        is_due,
        ~is_leased,
        ~is_paused,
    )
    return connection.scalars(statement).all()


def list_orphaned(connection: sa.Connection) -> Sequence[int]:
    """List the removed endpoints with deliveries due.

    There are some when an event was recorded while its endpoint was being removed.
    """
    is_due = sa.exists().where(
        DeliveryRow.endpoint_id == EndpointRow.id, DeliveryRow.due_at.is_not(None)
    )
    statement = sa.select(EndpointRow.id).where(
        EndpointRow.removed_at.is_not(None), is_due
    )
    return connection.scalars(statement).all()


def _ahead() -> timedelta:
    """Return how far the clock is ahead of the one that only goes forwards."""
    return timedelta(seconds=time.time() - time.monotonic())
