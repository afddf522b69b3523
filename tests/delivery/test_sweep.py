"""The sweep finds what nudges have missed."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from notifier.delivery import leases
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.sweep import list_neglected
from notifier.delivery.tables import DeliveryRow
from tests.delivery.desk import Desk


def _neglected(desk: Desk, now: datetime | None = None) -> list[int]:
    with desk.database.read() as connection:
        return list(list_neglected(connection, now or datetime.now(UTC)))


def test_an_endpoint_with_something_due_is_found(desk: Desk) -> None:
    endpoint = desk.create()
    assert _neglected(desk) == []

    desk.announce()

    assert _neglected(desk) == [endpoint.key]
    assert _neglected(desk, datetime.now(UTC) - timedelta(minutes=1)) == []


def test_a_disabled_one_is_not(desk: Desk) -> None:
    endpoint = desk.create()
    desk.announce()

    desk.update(endpoint, enabled=False)

    assert _neglected(desk) == []


def test_one_that_somebody_is_at_is_not(desk: Desk) -> None:
    endpoint = desk.create()
    desk.announce()
    now = datetime.now(UTC)

    with desk.database.transaction() as transaction:
        holder = desk.office.holder
        leases.take(transaction.connection, endpoint.key, holder, now)

    assert _neglected(desk, now) == []
    assert _neglected(desk, now + timedelta(seconds=leases.LEASE_S)) == [endpoint.key]


def test_what_was_made_during_a_removal_is_cancelled(desk: Desk) -> None:
    endpoint = desk.create()
    desk.announce()
    desk.remove(endpoint)
    with desk.database.transaction() as transaction:
        transaction.execute(
            sa.update(DeliveryRow).values(state=1, due_at=datetime.now(UTC))
        )

    desk.sweep()

    [delivery] = desk.deliveries()
    assert (delivery.state, delivery.due_at) == (DeliveryState.CANCELLED, None)
