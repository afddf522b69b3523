"""The sweep: finds what is due, whatever became of the nudges.

It asks the database only, so that Redis may be down or wiped: that costs a moment,
never a delivery.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from notifier.db import Database
from notifier.delivery import leases
from notifier.delivery.deliveries import cancel_due
from notifier.delivery.tables import BreakerRow, DeliveryRow, DrainRow, EndpointRow


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
            cancel_due(transaction.connection, key)


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
