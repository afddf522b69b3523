"""Which events a replay sends, and that it sends each of them once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.filters import Filters
from notifier.delivery.pings import ping
from notifier.delivery.repair import history as history_module
from notifier.delivery.repair import repairer as repairer_module
from notifier.delivery.repair.repairs import Repair, RepairState, create_repair
from notifier.delivery.repair.selection import EventSelection, narrowing
from notifier.delivery.repair.works import work_of
from notifier.events.event import Action, Event, Kind
from notifier.events.origin import Origin
from notifier.events.tables import EventRow
from tests import factories
from tests.delivery.desk import Desk
from tests.delivery.repair.missed import again, repairer
from tests.receiver import Receiver, wait_until

_NOW_NS = 1_777_593_600 * 10**9
_HOUR_NS = 3600 * 10**9
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def _record(desk: Desk, *events: Event) -> list[UUID]:
    """Record events that nobody is told of yet; return their ids."""
    with desk.database.transaction() as transaction:
        desk.recorder.insert(transaction, list(events))
    return [event.id for event in events]


def _ask(
    desk: Desk, endpoint: Endpoint, rate: float | None = None, **selection: Any
) -> Repair:
    with desk.database.transaction() as transaction:
        return create_repair(
            transaction,
            EventSelection(**{"since": _EVER, **selection}),
            endpoint=endpoint,
            rate=rate,
        )


def _replay(desk: Desk, endpoint: Endpoint, **selection: Any) -> Sequence[UUID]:
    """Replay; return the events of the deliveries that it made, in their order."""
    before = {delivery.id for delivery in desk.deliveries()}
    repair = _ask(desk, endpoint, **selection)
    repairer(desk).work()
    assert again(desk.database, repair).state is RepairState.DONE
    made = [item for item in desk.deliveries() if item.id not in before]
    assert {item.endpoint_id for item in made} <= {endpoint.id}
    assert again(desk.database, repair).done == len(made)
    return [item.event_id for item in reversed(made)]


def test_history_is_sent_to_an_endpoint_the_oldest_first(
    desk: Desk, receiver: Receiver
) -> None:
    events = _record(desk, *(factories.event() for _ in range(3)))
    endpoint = desk.create(receiver.url)
    desk.create()

    assert _replay(desk, endpoint) == events

    desk.sweep()
    desk.wait_for(DeliveryState.DELIVERED, 3)
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert sorted(ids) == [str(id_) for id_ in events]


def test_only_what_the_endpoint_wants_is_sent(desk: Desk) -> None:
    wanted, _pull, _dev, _other = _record(
        desk,
        factories.event(tag="1.0"),
        factories.event(Action.PULL, tag="1.0"),
        factories.event(tag="dev"),
        factories.event(repository="other"),
    )
    filters = {"repositories": ["team/app"], "exclude": {"tags": ["dev"]}}
    endpoint = desk.create(filters=Filters.parse(filters))

    assert _replay(desk, endpoint) == [wanted]


def test_filters_narrow_what_the_endpoint_wants(desk: Desk) -> None:
    push, _delete, _pull, _other = _record(
        desk,
        factories.event(),
        factories.event(Action.DELETE),
        factories.event(Action.PULL),
        factories.event(repository="other"),
    )
    narrow = narrowing({"actions": ["push", "pull"], "repositories": ["team/*"]})

    assert _replay(desk, desk.create(), filters=narrow) == [push]


def test_what_the_endpoint_does_not_want_is_sent_if_asked_for(desk: Desk) -> None:
    push, pull, blob = _record(
        desk,
        factories.event(),
        factories.event(Action.PULL),
        factories.event(Action.PULL, kind=Kind.BLOB, tag=None),
    )
    endpoint = desk.create(filters=Filters.parse({"tags": ["never"]}))

    assert _replay(desk, endpoint, include_unwanted=True) == [push, pull, blob]
    blobs = narrowing({"kinds": ["blob"]})
    assert _replay(desk, endpoint, include_unwanted=True, filters=blobs) == [blob]


def test_tests_of_other_endpoints_are_not_sent(desk: Desk) -> None:
    endpoint = desk.create()
    template = factories.event()
    with desk.database.transaction() as transaction:
        ping(
            transaction,
            desk.recorder,
            desk.outbox,
            endpoint,
            Origin(request=template.request, source=template.source),
        )

    assert _replay(desk, endpoint, include_unwanted=True) == []


@pytest.mark.parametrize("repositories", [["team/app"], ["team/*"]])
def test_only_what_was_recorded_between_since_and_until_is_sent(
    desk: Desk, repositories: list[str]
) -> None:
    hours = [_NOW_NS + hour * _HOUR_NS for hour in range(4)]
    events = _record(desk, *(factories.event(at_ns=at_ns) for at_ns in hours))
    _record(desk, factories.event(at_ns=hours[1], repository="other"))
    filters = Filters.parse({"repositories": repositories})
    since = _EVER + timedelta(seconds=hours[1] // 10**9)

    sent = _replay(
        desk,
        desk.create(filters=filters),
        since=since,
        until=since + timedelta(hours=2),
    )

    assert sent == events[1:3]


def test_what_happens_after_it_was_asked_for_is_not_sent(desk: Desk) -> None:
    endpoint = desk.create()
    events = _record(desk, factories.event())
    repair = _ask(desk, endpoint)
    _record(desk, factories.event())

    repairer(desk).work()

    assert again(desk.database, repair).done == 1
    assert [item.event_id for item in desk.deliveries()] == events


def test_a_repository_that_the_log_has_never_seen_has_no_history(desk: Desk) -> None:
    _record(desk, factories.event())
    filters = Filters.parse({"repositories": ["never/seen"]})

    assert _replay(desk, desk.create(filters=filters)) == []


@pytest.mark.parametrize("repositories", [["team/app"], ["team/*"]])
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_however_it_is_cut_into_parts_each_event_is_found_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, limit: int, repositories: list[str]
) -> None:
    monkeypatch.setattr(history_module, "WINDOW", 3)
    monkeypatch.setattr(history_module, "_READ_AT_ONCE", 2)
    tags = ["a", "b", "a", "b", "b", "b", "b", "b", "a"]
    events = _record(desk, *(factories.event(tag=tag) for tag in tags))
    wanted = {"tags": ["a"], "repositories": repositories}

    found = _all_parts(desk, desk.create(filters=Filters.parse(wanted)), limit)

    assert found == [events[0], events[2], events[8]]


def _all_parts(
    desk: Desk, endpoint: Endpoint, limit: int, **selection: Any
) -> list[UUID]:
    work = work_of(
        EventSelection(**selection),
        endpoint=endpoint,
        end=datetime.now(UTC),
        recorder=desk.recorder,
        outbox=desk.outbox,
    )
    found: list[UUID] = []
    cursor: str | None = ""
    with desk.database.read() as connection:
        while cursor is not None:
            part = work.look(connection, cursor, limit)
            found += [event.id for event in part.items]
            cursor = part.cursor
    return found


def test_it_goes_on_where_a_worker_has_left_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = _record(desk, *(factories.event() for _ in range(5)))
    repair = _ask(desk, desk.create())
    monkeypatch.setattr(repairer_module, "_WORK_S", 0)
    monkeypatch.setattr(repairer_module, "_AT_ONCE", 2)
    while again(desk.database, repair).state is not RepairState.DONE:
        desk.hurry_repairs()
        repairer(desk).work()

    assert [item.event_id for item in reversed(desk.deliveries())] == events


def test_a_change_of_the_filters_counts_from_then_on(desk: Desk) -> None:
    first, _second, third = _record(
        desk, factories.event(tag="a"), factories.event(tag="b"), factories.event()
    )
    endpoint = desk.create()
    repair = _ask(desk, endpoint, rate=0.1)
    one = repairer(desk)
    one.work()
    assert again(desk.database, repair).done == 1

    desk.update(endpoint, filters=Filters.parse({"exclude": {"tags": ["b"]}}))
    while again(desk.database, repair).state is RepairState.RUNNING:
        desk.hurry_repairs()
        one.work()

    sent = [item.event_id for item in reversed(desk.deliveries())]
    assert sent == [first, third]


def test_one_without_its_endpoint_cannot_be(desk: Desk) -> None:
    endpoint = desk.create()
    repair = _ask(desk, endpoint)

    desk.remove(endpoint)
    repairer(desk).work()

    assert again(desk.database, repair).state is RepairState.CANCELLED


def test_a_replay_does_not_count_as_a_delivery_that_took_days(
    desk: Desk, receiver: Receiver
) -> None:
    _record(desk, factories.event())
    with desk.database.transaction() as transaction:
        long_ago = datetime.now(UTC) - timedelta(days=3)
        transaction.execute(sa.update(EventRow).values(recorded_at=long_ago))
    _replay(desk, desk.create(receiver.url))

    desk.sweep()
    desk.wait_for(DeliveryState.DELIVERED)
    wait_until(lambda: _latency(desk, "count") == 1)

    assert _latency(desk, "sum") < 60


def _latency(desk: Desk, of: str) -> float:
    name = f"notifier_delivery_latency_seconds_{of} "
    lines = desk.metrics.render().decode().splitlines()
    return float(next(line for line in lines if line.startswith(name)).split()[1])


@pytest.mark.parametrize("limit", ["_MAX_KNOWN", "_MAX_NAMED"])
def test_too_many_repositories_to_name_are_told_apart_event_by_event(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(history_module, limit, 1)
    names = ["team/a", "other", "team/b"]
    events = _record(desk, *(factories.event(repository=name) for name in names))
    endpoint = desk.create(filters=Filters.parse({"repositories": ["team/*"]}))

    assert _replay(desk, endpoint) == [events[0], events[2]]


def test_what_has_left_the_log_since_it_was_found_is_not_sent(desk: Desk) -> None:
    endpoint = desk.create()
    events = [factories.event(), factories.event()]
    _record(desk, *events)
    work = work_of(
        EventSelection(since=_EVER),
        endpoint=endpoint,
        end=datetime.now(UTC),
        recorder=desk.recorder,
        outbox=desk.outbox,
    )
    gone, kept = events

    for id_ in (gone.id, kept.id):
        with desk.database.transaction() as transaction:
            transaction.execute(sa.delete(EventRow).where(EventRow.id == id_))
            work.do(transaction, events)

    assert [item.event_id for item in desk.deliveries()] == [kept.id]
