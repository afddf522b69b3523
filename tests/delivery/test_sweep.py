"""The sweep finds what nudges have missed."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from notifier.delivery import breakers, leases
from notifier.delivery.breaker import Breaker
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.sweep import Sweep, list_neglected
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


@pytest.mark.parametrize(("back_s", "left_s"), [(3600, 3600), (1, 7200)])
def test_a_clock_that_is_set_back_puts_nothing_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, back_s: int, left_s: int
) -> None:
    endpoint = desk.create()
    desk.announce()
    sweep = Sweep(desk.database, lambda _: None)
    later = datetime.now(UTC) + timedelta(hours=2)
    with desk.database.transaction() as transaction:
        transaction.execute(sa.update(DeliveryRow).values(due_at=later))
        breaker = Breaker(failures=10, openings=1, paused_until=later)
        breakers.save(transaction.connection, endpoint.key, breaker)
    read = time.time
    monkeypatch.setattr(time, "time", lambda: read() - back_s)

    sweep.work()
    sweep.work()

    put_off = later - timedelta(seconds=7200 - left_s)
    [delivery] = desk.deliveries()
    assert delivery.due_at is not None
    assert abs(delivery.due_at - put_off) < timedelta(seconds=1)
    with desk.database.read() as connection:
        paused_until = breakers.load(connection, endpoint.key).paused_until
    assert paused_until is not None
    assert abs(paused_until - put_off) < timedelta(seconds=1)


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
