"""Deliveries that came to an end, made with few words."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from notifier.db import Database
from notifier.delivery.attempt_tables import AttemptRow
from notifier.delivery.deliveries import STATES, DeliveryState
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.repair.repairer import Repairer
from notifier.delivery.repair.repairs import (
    Repair,
    create_repair,
    get_repair,
)
from notifier.delivery.repair.selection import DeliverySelection
from notifier.delivery.tables import DeliveryRow
from notifier.ids import first_uuid7
from tests.delivery.desk import Desk


def settle_all(
    desk: Desk,
    state: DeliveryState = DeliveryState.FAILED,
    *,
    at: datetime | None = None,
    due_at: datetime | None = None,
) -> None:
    """Let every delivery without an attempt have had one, and be in *state* since."""
    with desk.database.transaction() as transaction:
        fresh = sa.select(DeliveryRow.id).where(DeliveryRow.attempts == 0)
        for id_ in transaction.connection.scalars(fresh).all():
            transaction.execute(
                sa.insert(AttemptRow).values(
                    delivery_id=id_,
                    number=1,
                    started_at=at or datetime.now(UTC),
                    duration_ms=1,
                    status=500,
                    response=b"",
                    trigger=1,
                )
            )
        transaction.execute(
            sa.update(DeliveryRow)
            .where(DeliveryRow.attempts == 0)
            .values(state=STATES[state], attempts=1, due_at=due_at)
        )


def backdate(desk: Desk, event_id: UUID, at: datetime) -> None:
    """Let the deliveries of an event have been made at that time."""
    id_ = first_uuid7(int(at.timestamp()) * 10**9)
    with desk.database.transaction() as transaction:
        transaction.execute(
            sa.update(DeliveryRow)
            .where(DeliveryRow.event_id == event_id)
            .values(id=id_)
        )


def due(desk: Desk) -> Sequence[UUID]:
    """List the events of the deliveries that are due by now, the oldest first."""
    with desk.database.read() as connection:
        statement = sa.select(DeliveryRow.event_id).where(
            DeliveryRow.due_at <= datetime.now(UTC)
        )
        return connection.scalars(statement.order_by(DeliveryRow.id)).all()


def repairer(desk: Desk) -> Repairer:
    """Set up the repairer of one more worker."""
    return Repairer(desk.database, desk.store, desk.recorder, uuid4())


def redeliver(
    desk: Desk,
    selection: DeliverySelection | None = None,
    endpoint: Endpoint | None = None,
    *,
    rate: float | None = None,
) -> Repair:
    """Ask for a redelivery; of what failed, unless told otherwise."""
    with desk.database.transaction() as transaction:
        return create_repair(
            transaction,
            selection or DeliverySelection(),
            endpoint=endpoint,
            rate=rate,
        )


def again(database: Database, repair: Repair) -> Repair:
    """Read a repair again."""
    with database.read() as connection:
        return get_repair(connection, repair.kind, repair.id)
