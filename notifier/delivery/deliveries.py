"""Deliveries: one event for one endpoint, until done."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from notifier.db import Transaction
from notifier.db.base import earlier
from notifier.delivery import breakers
from notifier.delivery.errors import (
    DeliveryUnknown,
    EndpointDisabled,
    EndpointUnknown,
)
from notifier.delivery.tables import (
    CANCELLED,
    DELIVERED,
    FAILED,
    PENDING,
    DeliveryRow,
    EndpointRow,
)
from notifier.ids import made_at

if TYPE_CHECKING:
    from notifier.delivery.nudger import Nudger


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Trigger(StrEnum):
    """Why an attempt was made: its time had come, or somebody asked."""

    SCHEDULE = "schedule"
    REDELIVER = "redeliver"


STATES = {
    DeliveryState.PENDING: PENDING,
    DeliveryState.DELIVERED: DELIVERED,
    DeliveryState.FAILED: FAILED,
    DeliveryState.CANCELLED: CANCELLED,
}
TRIGGERS = {Trigger.SCHEDULE: 1, Trigger.REDELIVER: 2}

_DELIVERED = sa.literal_column(str(DELIVERED), sa.SmallInteger)
_STATES = {number: state for state, number in STATES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one endpoint, until done. An attempt is made at *due_at*."""

    id: UUID
    event_id: UUID
    endpoint_id: UUID
    endpoint_name: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    due_at: datetime | None


def list_deliveries(
    connection: sa.Connection,
    *,
    endpoint: UUID | None = None,
    event: UUID | None = None,
    state: DeliveryState | None = None,
    before: UUID | None = None,
    limit: int,
) -> Sequence[Delivery]:
    """List deliveries, newest first, those made before the one called *before*."""
    statement = _DELIVERIES.order_by(DeliveryRow.id.desc()).limit(limit)
    if endpoint is not None:
        key = sa.select(EndpointRow.id).where(EndpointRow.uuid == endpoint)
        statement = statement.where(DeliveryRow.endpoint_id == key.scalar_subquery())
    if event is not None:
        statement = statement.where(DeliveryRow.event_id == event)
    if state is not None:
        statement = statement.where(DeliveryRow.state == STATES[state])
        if state is not DeliveryState.DELIVERED:
            # SQLite uses the index on the others only if told so in its own words.
            statement = statement.where(DeliveryRow.state != _DELIVERED)
    if before is not None:
        statement = statement.where(DeliveryRow.id < before)
    return [_delivery(row) for row in connection.execute(statement)]


def find_deliveries(
    connection: sa.Connection, event_id: UUID, endpoint_keys: Collection[int]
) -> dict[int, Delivery]:
    """Return an event's newest delivery to each of the endpoints that has one."""
    rows = connection.execute(
        _DELIVERIES.where(
            DeliveryRow.event_id == event_id, DeliveryRow.endpoint_id.in_(endpoint_keys)
        ).order_by(DeliveryRow.id)
    )
    return {row.endpoint_id: _delivery(row) for row in rows}


def get_deliveries(
    connection: sa.Connection, ids: Sequence[UUID]
) -> dict[UUID, Delivery]:
    """Return those of some deliveries that there are, by their ids."""
    rows = connection.execute(_DELIVERIES.where(DeliveryRow.id.in_(ids)))
    return {row.id: _delivery(row) for row in rows}


def get_delivery(connection: sa.Connection, delivery_id: UUID) -> Delivery:
    """Return a delivery; raise `DeliveryUnknown`."""
    return _delivery(_row(connection, delivery_id))


def redeliver(
    transaction: Transaction, delivery_id: UUID, nudger: "Nudger"
) -> Delivery:
    """Make one further attempt due at once, whatever the delivery's state.

    If it fails, what was delivered stays delivered and what had failed stays failed.
    Raises `DeliveryUnknown`, `EndpointUnknown` or `EndpointDisabled`.
    """
    connection = transaction.connection
    row = _row(connection, delivery_id)
    if row.removed_at is not None:
        raise EndpointUnknown
    if not row.enabled:
        raise EndpointDisabled
    transaction.execute(
        sa.update(DeliveryRow)
        .where(DeliveryRow.id == delivery_id)
        .values(due_at=datetime.now(UTC))
    )
    breakers.end_pause(transaction, row.endpoint_id)
    transaction.after_commit(lambda: nudger.nudge([row.endpoint_id]))
    return get_delivery(connection, delivery_id)


def cancel_due(connection: sa.Connection, key: int) -> None:
    """Cancel the pending deliveries of an endpoint, and all redeliveries."""
    due = sa.update(DeliveryRow).where(
        DeliveryRow.endpoint_id == key, DeliveryRow.due_at.is_not(None)
    )
    connection.execute(
        due.where(DeliveryRow.state == PENDING).values(state=CANCELLED, due_at=None)
    )
    connection.execute(due.values(due_at=None))


def bring_forward(
    connection: sa.Connection, key: int, now: datetime, by: timedelta
) -> None:
    """Have what an endpoint is to get after *now* be due so much earlier."""
    connection.execute(
        sa.update(DeliveryRow)
        .where(DeliveryRow.endpoint_id == key, DeliveryRow.due_at > now)
        .values(due_at=earlier(DeliveryRow.due_at, by))
    )


_DELIVERIES = sa.select(
    DeliveryRow.__table__,
    EndpointRow.uuid.label("endpoint_uuid"),
    EndpointRow.name,
    EndpointRow.enabled,
    EndpointRow.removed_at,
).join(EndpointRow, EndpointRow.id == DeliveryRow.endpoint_id)


def _row(connection: sa.Connection, delivery_id: UUID) -> sa.Row[Any]:
    statement = _DELIVERIES.where(DeliveryRow.id == delivery_id)
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise DeliveryUnknown
    return row


def _delivery(row: sa.Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        event_id=row.event_id,
        endpoint_id=row.endpoint_uuid,
        endpoint_name=row.name,
        state=_STATES[row.state],
        attempts=row.attempts,
        created_at=made_at(row.id),
        due_at=row.due_at,
    )
