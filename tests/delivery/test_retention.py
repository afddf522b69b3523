"""What is forgotten after a time, and what never is."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from notifier.delivery import retention as retention_module
from notifier.delivery.attempt_tables import AttemptRow, BatchRow, WayRow
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.retention import Retention
from notifier.delivery.tables import DeliveryRow
from notifier.ids import first_uuid7
from tests import factories
from tests.delivery.desk import Desk
from tests.delivery.repair.missed import backdate, settle_all
from tests.receiver import Receiver

_AGE = timedelta(days=30)
_NS_PER_DAY = 24 * 3600 * 10**9


def _deliver(
    desk: Desk, state: DeliveryState, days: float, attempt_days: float | None = None
) -> UUID:
    """Make a delivery that is so many days old; return its event."""
    now = datetime.now(UTC)
    [event] = desk.announce(factories.event())
    attempted = now - timedelta(days=days if attempt_days is None else attempt_days)
    backdate(desk, event.id, now - timedelta(days=days))
    settle_all(desk, state, at=attempted)
    return event.id


def _kept(desk: Desk) -> list[UUID]:
    return [delivery.event_id for delivery in reversed(desk.deliveries())]


def _attempts(desk: Desk) -> list[Any]:
    with desk.database.read() as connection:
        return list(connection.scalars(sa.select(AttemptRow.delivery_id)))


@pytest.mark.parametrize(
    "state", [DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.CANCELLED]
)
def test_what_is_over_goes_with_its_attempts_when_it_is_old(
    desk: Desk, state: DeliveryState
) -> None:
    desk.create()
    _deliver(desk, state, 31)
    young = _deliver(desk, state, 29)

    Retention(desk.database, _AGE).work()

    assert _kept(desk) == [young]
    assert _attempts(desk) == [desk.deliveries()[0].id]


def test_what_is_kept_for_a_century_is_kept(desk: Desk) -> None:
    desk.create()
    old = _deliver(desk, DeliveryState.DELIVERED, 400)

    Retention(desk.database, timedelta(days=36_500)).work()

    assert _kept(desk) == [old]


def test_what_is_pending_never_goes(desk: Desk) -> None:
    desk.create()
    pending = _deliver(desk, DeliveryState.PENDING, 400)

    Retention(desk.database, _AGE).work()

    assert _kept(desk) == [pending]
    assert len(_attempts(desk)) == 1


def test_what_is_to_be_sent_once_more_or_was_lately_stays(desk: Desk) -> None:
    desk.create()
    again = _deliver(desk, DeliveryState.DELIVERED, 50)
    with desk.database.transaction() as transaction:
        transaction.execute(sa.update(DeliveryRow).values(due_at=datetime.now(UTC)))
    lately = _deliver(desk, DeliveryState.FAILED, 40, attempt_days=1)

    Retention(desk.database, _AGE).work()

    assert _kept(desk) == [again, lately]


def test_what_is_asked_for_at_the_last_moment_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.create()
    asked_for = _deliver(desk, DeliveryState.DELIVERED, 40)
    delete = retention_module._delete

    def ask_and_delete(*arguments: Any) -> None:
        desk.announce()
        with desk.database.transaction() as transaction:
            transaction.execute(sa.update(DeliveryRow).values(due_at=datetime.now(UTC)))
        delete(*arguments)

    monkeypatch.setattr(retention_module, "_delete", ask_and_delete)
    Retention(desk.database, _AGE).work()

    assert asked_for in _kept(desk)
    assert len(_attempts(desk)) == 1


def test_all_that_is_old_goes_batch_by_batch(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_module, "_AT_ONCE", 2)
    monkeypatch.setattr(retention_module, "_OLD", retention_module._OLD.limit(2))
    monkeypatch.setattr(retention_module, "_WORK_S", 60)
    desk.create()
    for days in range(40, 35, -1):
        _deliver(desk, DeliveryState.DELIVERED, days)
    pending = _deliver(desk, DeliveryState.PENDING, 34)
    _deliver(desk, DeliveryState.DELIVERED, 33)

    Retention(desk.database, _AGE).work()

    assert _kept(desk) == [pending]


def test_a_batch_stays_as_long_as_one_of_its_attempts(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url, policy={"max_batch": 10})
    events = desk.announce(*(factories.event() for _ in range(3)))
    desk.sweep()
    desk.wait_for(DeliveryState.DELIVERED, 3)
    desk.drains.stop()

    for left, event in zip((2, 1), events[:2], strict=True):
        _age(desk, event.id)
        Retention(desk.database, _AGE).work()
        assert _batches(desk) == [left]

    _age(desk, events[2].id)
    Retention(desk.database, _AGE).work()
    assert _batches(desk) == []


def test_a_way_stays_as_long_as_an_attempt_may_have_gone_it(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url)
    [event] = desk.announce()
    desk.send()
    desk.drains.stop()
    long_ago = first_uuid7(time.time_ns() - 31 * _NS_PER_DAY)
    with desk.database.transaction() as transaction:
        transaction.execute(sa.update(WayRow).values(used_before=long_ago))
    _age(desk, event.id, days=35)
    _age_attempts(desk, days=1)

    Retention(desk.database, _AGE).work()
    assert len(_ways(desk)) == 1

    _age_attempts(desk, days=35)
    Retention(desk.database, _AGE).work()
    assert (_kept(desk), _ways(desk)) == ([], [])


def test_a_way_that_was_used_lately_stays(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url)
    [event] = desk.announce()
    desk.send()
    desk.drains.stop()
    _age(desk, event.id)

    Retention(desk.database, _AGE).work()

    assert _kept(desk) == []
    assert len(_ways(desk)) == 1


def _age(desk: Desk, event_id: UUID, days: float = 31) -> None:
    """Let the delivery of an event, and the attempt at it, be so many days old."""
    at = datetime.now(UTC) - timedelta(days=days)
    [before] = desk.deliveries(event=event_id)
    backdate(desk, event_id, at)
    [after] = desk.deliveries(event=event_id)
    with desk.database.transaction() as transaction:
        transaction.execute(
            sa.update(AttemptRow)
            .where(AttemptRow.delivery_id == before.id)
            .values(delivery_id=after.id, started_at=at)
        )


def _age_attempts(desk: Desk, days: float) -> None:
    at = datetime.now(UTC) - timedelta(days=days)
    with desk.database.transaction() as transaction:
        transaction.execute(sa.update(AttemptRow).values(started_at=at))


def _batches(desk: Desk) -> list[int]:
    """Return how many attempts each batch has."""
    with desk.database.read() as connection:
        return list(connection.scalars(sa.select(BatchRow.attempts)))


def _ways(desk: Desk) -> list[int]:
    with desk.database.read() as connection:
        return list(connection.scalars(sa.select(WayRow.id)))


def test_it_rests_for_an_hour_then_begins_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.create()
    retention = Retention(desk.database, _AGE)
    retention.work()
    old = _deliver(desk, DeliveryState.DELIVERED, 40)

    retention.work()
    assert _kept(desk) == [old]

    monkeypatch.setattr(retention, "_again_at", 0.0)
    retention.work()
    assert _kept(desk) == []


def test_it_goes_along_the_key(sqlite_desk: Desk) -> None:
    values = {"after": UUID(int=0), "end": UUID(int=1), "before": datetime.now(UTC)}
    text = str(
        retention_module._OLD.params(values).compile(
            sqlite_desk.database.engine, compile_kwargs={"render_postcompile": True}
        )
    )
    with sqlite_desk.database.read() as connection:
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {text}", tuple("" for _ in range(text.count("?")))
        )
        steps = " ".join(row[3] for row in plan)

    assert "SEARCH deliveries USING PRIMARY KEY (id>? AND id<?)" in steps
    assert "SEARCH attempts USING PRIMARY KEY (delivery_id=? AND number=?)" in steps
    assert "TEMP B-TREE" not in steps
