"""Of every endpoint it can be told whether it wanted an event, and why not."""

from datetime import UTC, datetime, timedelta

import pytest

from notifier.delivery.endpoint import Endpoint
from notifier.delivery.filters import Filters
from notifier.delivery.formats import read_format
from notifier.delivery.verdicts import Verdict, judge
from notifier.events.event import Action, Event
from tests import factories
from tests.delivery.desk import Desk


def _judge(desk: Desk, event: Event, at: datetime, endpoint: Endpoint) -> Verdict:
    with desk.database.read() as connection:
        current = desk.store.get(connection, endpoint.id)
        [verdict] = judge(connection, event, at, [current])
    return verdict


def _rule(verdict: Verdict) -> str | None:
    return None if verdict.refusal is None else verdict.refusal.rule


def test_who_wanted_an_event_has_its_delivery(desk: Desk) -> None:
    endpoint = desk.create()
    [event] = desk.announce()

    verdict = _judge(desk, event, datetime.now(UTC), endpoint)

    assert verdict.refusal is None
    assert [verdict.delivery] == desk.deliveries()


@pytest.mark.parametrize(
    ("filters", "rule"),
    [
        ({"repositories": ["other/**"]}, "filters.repositories"),
        ({"exclude": {"tags": ["1.*"]}}, "filters.exclude.tags"),
    ],
)
def test_filters_that_refuse_are_named(
    desk: Desk, filters: dict[str, list[str]], rule: str
) -> None:
    endpoint = desk.create(filters=Filters.parse(filters))
    [event] = desk.announce()

    verdict = _judge(desk, event, datetime.now(UTC), endpoint)

    assert _rule(verdict) == rule
    assert verdict.delivery is None


def test_an_endpoint_that_was_made_later_did_not_want_it(desk: Desk) -> None:
    [event] = desk.announce()
    endpoint = desk.create(filters=Filters.parse({"tags": ["other"]}))
    before = endpoint.created_at - timedelta(microseconds=1)

    assert _rule(_judge(desk, event, before, endpoint)) == "made_later"


def test_a_format_without_words_for_it_is_a_reason(desk: Desk) -> None:
    endpoint = desk.create(format_=read_format("quay"))
    [event] = desk.announce(factories.event(Action.DELETE))

    verdict = _judge(desk, event, datetime.now(UTC), endpoint)

    assert _rule(verdict) == "format"
    assert verdict.refusal is not None
    assert verdict.refusal.text == "the format quay has no words for such an event"


def test_a_disabled_endpoint_did_not_want_it(desk: Desk) -> None:
    endpoint = desk.create(enabled=False)
    [event] = desk.announce()

    verdict = _judge(desk, event, datetime.now(UTC), endpoint)

    assert _rule(verdict) == "disabled"


def test_filters_that_were_changed_since_do_not_pretend(desk: Desk) -> None:
    endpoint = desk.create(filters=Filters.parse({"tags": ["other"]}))
    [event] = desk.announce()
    recorded_at = datetime.now(UTC)
    desk.update(endpoint, filters=Filters.parse({"tags": ["1.0"]}))

    assert _rule(_judge(desk, event, recorded_at, endpoint)) == "changed_later"


def test_a_delivery_proves_that_the_event_was_wanted(desk: Desk) -> None:
    endpoint = desk.create()
    [event] = desk.announce()
    recorded_at = datetime.now(UTC)
    desk.update(endpoint, filters=Filters.parse({"tags": ["other"]}), enabled=False)

    verdict = _judge(desk, event, recorded_at, endpoint)

    assert verdict.refusal is None
    assert [verdict.delivery] == desk.deliveries()


def test_a_ping_is_refused_by_no_filter(desk: Desk) -> None:
    pinged = desk.create()
    other = desk.create(filters=Filters.parse({"actions": ["*"], "kinds": ["*"]}))
    ping = factories.event(Action.PING)
    with desk.database.transaction() as transaction:
        desk.recorder.insert(transaction, [ping])
        desk.outbox.add(transaction, pinged, [ping])
    now = datetime.now(UTC)

    assert _rule(_judge(desk, ping, now, pinged)) is None
    assert _rule(_judge(desk, ping, now, other)) == "ping"


def test_each_endpoint_has_its_own_delivery(desk: Desk) -> None:
    endpoints = [desk.create() for _ in range(3)]
    other = desk.create(filters=Filters.parse({"tags": ["other"]}))
    [event] = desk.announce()
    desk.announce()

    with desk.database.read() as connection:
        verdicts = judge(connection, event, datetime.now(UTC), [other, *endpoints])

    assert [verdict.endpoint for verdict in verdicts] == [other, *endpoints]
    assert verdicts[0].delivery is None
    for verdict in verdicts[1:]:
        assert verdict.delivery is not None
        assert verdict.delivery.endpoint_id == verdict.endpoint.id
        assert verdict.delivery.event_id == event.id
