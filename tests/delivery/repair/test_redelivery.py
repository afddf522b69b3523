"""Which deliveries a redelivery of many makes due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.repair import redelivery as redelivery_module
from notifier.delivery.repair.redelivery import RedeliveryWork
from notifier.delivery.repair.selection import DeliverySelection, narrowing
from notifier.delivery.repair.work import count
from notifier.delivery.tables import DeliveryRow
from notifier.events.event import Action, Kind
from tests import factories
from tests.delivery.desk import Desk
from tests.delivery.repair.missed import backdate, due, redeliver, repairer, settle_all

_HOUR = timedelta(hours=1)


def _run(desk: Desk, *selection: Any) -> None:
    redeliver(desk, *selection)
    repairer(desk).work()


def test_what_failed_is_due_again_and_nothing_else(desk: Desk) -> None:
    desk.create()
    failed = desk.announce(factories.event(), factories.event())
    settle_all(desk, DeliveryState.FAILED)
    desk.announce(factories.event())
    settle_all(desk, DeliveryState.DELIVERED)

    _run(desk)

    assert due(desk) == [event.id for event in failed]
    assert len(desk.deliveries(state=DeliveryState.FAILED)) == 2


def test_other_states_are_meant_if_they_are_named(desk: Desk) -> None:
    desk.create()
    desk.announce(factories.event())
    settle_all(desk, DeliveryState.FAILED)
    delivered = desk.announce(factories.event())
    settle_all(desk, DeliveryState.DELIVERED)

    _run(desk, DeliverySelection(states=(DeliveryState.DELIVERED,)))

    assert due(desk) == [delivered[0].id]


def test_only_what_was_made_between_since_and_until_is_meant(desk: Desk) -> None:
    desk.create()
    now = datetime.now(UTC)
    events = desk.announce(*(factories.event() for _ in range(4)))
    settle_all(desk)
    for event, hours in zip(events, (4, 3, 2, 1), strict=True):
        backdate(desk, event.id, now - hours * _HOUR)

    _run(desk, DeliverySelection(since=now - 3.5 * _HOUR, until=now - 1.5 * _HOUR))

    assert due(desk) == [events[1].id, events[2].id]


def test_what_is_made_after_it_was_asked_for_is_not_meant(desk: Desk) -> None:
    desk.create()
    before = desk.announce()
    settle_all(desk)

    redeliver(desk)
    desk.announce()
    settle_all(desk)
    repairer(desk).work()

    assert due(desk) == [before[0].id]


def test_filters_pick_out_events_and_leave_open_what_they_do_not_name(
    desk: Desk,
) -> None:
    desk.create(filters=narrowing({}))
    pull, _other = desk.announce(
        factories.event(Action.PULL, kind=Kind.BLOB, tag=None),
        factories.event(repository="other"),
    )
    settle_all(desk)

    _run(desk, DeliverySelection(filters=narrowing({"repositories": ["team/*"]})))

    assert due(desk) == [pull.id]


def test_of_one_endpoint_if_it_is_named_else_of_all_that_are_enabled(
    desk: Desk,
) -> None:
    endpoints = [desk.create() for _ in range(4)]
    desk.announce()
    settle_all(desk)
    desk.update(endpoints[2], enabled=False)
    desk.remove(endpoints[3])

    _run(desk, None, endpoints[1])
    assert _due_endpoints(desk) == {endpoints[1].key}

    _run(desk)
    assert _due_endpoints(desk) == {endpoints[0].key, endpoints[1].key}


def _due_endpoints(desk: Desk) -> set[int]:
    with desk.database.read() as connection:
        is_due = DeliveryRow.due_at.is_not(None)
        statement = sa.select(DeliveryRow.endpoint_id).where(is_due)
        return set(connection.scalars(statement))


def test_a_recovery_is_of_what_failed_since_and_of_what_waits_for_a_retry(
    desk: Desk,
) -> None:
    endpoint = desk.create()
    now = datetime.now(UTC)
    desk.announce()
    settle_all(desk, at=now - 2 * _HOUR)
    failed = desk.announce()
    settle_all(desk, at=now - _HOUR / 2)
    waiting = desk.announce()
    settle_all(desk, DeliveryState.PENDING, due_at=now + _HOUR)
    desk.announce()
    settle_all(desk, DeliveryState.DELIVERED)

    _run(desk, DeliverySelection.recovery(now - _HOUR), endpoint)

    assert due(desk) == [failed[0].id, waiting[0].id]


def test_what_is_due_already_keeps_its_place(desk: Desk) -> None:
    desk.create()
    desk.announce()
    [before] = desk.deliveries()

    _run(desk, DeliverySelection(states=(DeliveryState.PENDING,)))

    assert desk.deliveries() == [before]


def test_what_was_delivered_in_the_meantime_is_left_alone(desk: Desk) -> None:
    desk.create()
    desk.announce()
    settle_all(desk, DeliveryState.FAILED)
    work = _work(desk)
    with desk.database.read() as connection:
        part = work.look(connection, "", 10)
    with desk.database.transaction() as transaction:
        transaction.execute(sa.update(DeliveryRow).values(state=2))

    with desk.database.transaction() as transaction:
        work.do(transaction, part.items)

    assert len(part.items) == 1
    assert due(desk) == []


def _work(desk: Desk, endpoint: Endpoint | None = None, **more: Any) -> RedeliveryWork:
    return RedeliveryWork(
        recorder=desk.recorder,
        selection=DeliverySelection(**more),
        endpoint=endpoint,
        end=datetime.now(UTC),
    )


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_however_it_is_cut_into_parts_each_is_found_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(redelivery_module, "WINDOW", 3)
    monkeypatch.setattr(redelivery_module, "_READ_AT_ONCE", 2)
    endpoint = desk.create(filters=narrowing({}))
    tags = ["a", "b", "a", "b", "b", "b", "b", "b", "a"]
    desk.announce(*(factories.event(tag=tag) for tag in tags))
    settle_all(desk)
    work = _work(desk, endpoint, filters=narrowing({"tags": ["a"]}))

    found, cursor = [], ""
    with desk.database.read() as connection:
        while cursor is not None:
            part = work.look(connection, cursor, limit)
            found += [item.id for item in part.items]
            cursor = part.cursor  # type: ignore[assignment]  # it ends the loop

    expected = [item.id for item in reversed(desk.deliveries())]
    assert found == [expected[0], expected[2], expected[8]]


def test_a_count_that_takes_too_long_says_that_there_may_be_more(desk: Desk) -> None:
    desk.create()
    desk.announce()
    settle_all(desk)

    with desk.database.read() as connection:
        assert count(connection, _work(desk)) == (1, True)
        assert count(connection, _work(desk), for_s=0) == (0, False)


@pytest.mark.parametrize(
    ("named", "index"),
    [(1, "ix_deliveries_endpoint ((endpoint_id,id)>"), (0, "PRIMARY KEY")],
)
def test_it_goes_along_an_index(
    sqlite_desk: Desk,
    named: int,
    index: str,
) -> None:
    desk = sqlite_desk
    work = _work(desk, desk.create() if named else None)
    statements: list[tuple[str, Any]] = []
    sa.event.listen(
        desk.database.engine,
        "before_cursor_execute",
        lambda *event: statements.append((event[2], event[3])),
    )
    with desk.database.read() as connection:
        work.look(connection, "", 10)
        for text, parameters in statements:
            cursor = connection.connection.cursor()
            cursor.execute(f"EXPLAIN QUERY PLAN {text}", parameters)
            plan = " ".join(step for *_, step in cursor.fetchall())
            assert index in plan
            assert "TEMP B-TREE" not in plan

    assert len(statements) == 2
