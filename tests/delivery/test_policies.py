"""What an endpoint's policy makes of its deliveries, with real POSTs."""

import time
from datetime import UTC, datetime, timedelta
from itertools import chain

import orjson
import pytest
import sqlalchemy as sa

from notifier.delivery.breaker import (
    FAILURES_TO_OPEN,
    BreakerState,
    DisabledReason,
)
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.filters import Filters
from notifier.delivery.formats import parse_format, read_format
from notifier.delivery.tables import BreakerRow
from notifier.events.event import OPERATIONAL, Action, Event, TagChange
from tests import factories
from tests.delivery.desk import Desk
from tests.receiver import Receiver, answers, hang, running, wait_until

_LONG_EVENTS = (
    "[{% for each in events %}"
    f'["{{{{ each.target.tag }}}}", "{7000 * "x"}"]'
    "{% if not loop.last %},{% endif %}{% endfor %}]"
)
_INCIDENTS = Filters.parse({"actions": sorted(OPERATIONAL)})


def names(receiver: Receiver) -> list[list[str]]:
    """Return the tags that each request told of, or else the actions."""
    return [
        [
            event["target"].get("tag", event["action"])
            for event in orjson.loads(request.body)["events"]
        ]
        for request in receiver.requests
    ]


def pushes(*tags: str, repository: str = "team/app") -> list[Event]:
    return [
        factories.event(tag=tag, repository=repository, tag_change=TagChange.MOVED)
        for tag in tags
    ]


def shown(desk: Desk, endpoint: Endpoint) -> Endpoint:
    with desk.database.read() as connection:
        return desk.store.get(connection, endpoint.id)


def age_failures(desk: Desk, seconds: int) -> None:
    """Let the present failures have begun so much earlier."""
    with desk.database.transaction() as transaction:
        since = datetime.now(UTC) - timedelta(seconds=seconds)
        transaction.execute(sa.update(BreakerRow).values(failing_since=since))


def fail_often(desk: Desk, receiver: Receiver, endpoint: Endpoint) -> None:
    """Open the endpoint's breaker."""
    receiver.behaviour = answers(500)
    desk.announce(*pushes(*map(str, range(FAILURES_TO_OPEN))))
    desk.sweep()
    wait_until(lambda: shown(desk, endpoint).breaker.openings)


def test_a_backlog_goes_in_batches_and_a_single_event_by_itself(
    desk: Desk, receiver: Receiver
) -> None:
    _endpoint, secret = desk.create_with_secret(
        receiver.url, policy={"max_batch": 10, "max_in_flight": 1}
    )
    tags = [str(number) for number in range(25)]
    desk.announce(*pushes(*tags))
    desk.sweep()
    desk.wait_for(DeliveryState.DELIVERED, 25)

    desk.announce(*pushes("last"))
    desk.wait_for(DeliveryState.DELIVERED, 26)

    batches = names(receiver)
    assert [len(batch) for batch in batches] == [10, 10, 5, 1]
    assert list(chain(*batches)) == [*tags, "last"]
    for request in receiver.requests:
        request.verify(secret)
    ids = {request.headers["webhook-id"] for request in receiver.requests}
    assert len(ids) == 4


def test_each_event_of_a_batch_has_its_attempt_on_record(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url, policy={"max_batch": 3, "max_in_flight": 1})
    receiver.behaviour = answers(500, b"x" * 9000)
    desk.announce(*pushes("a", "b", "c"))
    desk.sweep()
    wait_until(lambda: all(item.attempts for item in desk.deliveries()))

    for delivery in desk.deliveries():
        [attempt] = desk.attempts(delivery.id)
        assert attempt.status == 500
        assert attempt.response == b"x" * 5461
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("linger_ms", [0, 10])
def test_a_batch_that_cannot_be_rendered_goes_in_smaller_ones(
    desk: Desk, receiver: Receiver, linger_ms: int
) -> None:
    # A template may make 64 KiB: of these, nine events.
    desk.create(
        receiver.url,
        format_=read_format({"type": "template", "body": _LONG_EVENTS}),
        policy={"max_batch": 40, "max_in_flight": 1, "linger_ms": linger_ms},
    )
    desk.announce(*pushes(*map(str, range(40))))

    desk.sweep()

    desk.wait_for(DeliveryState.DELIVERED, 40)
    told = [orjson.loads(request.body) for request in receiver.requests]
    assert [len(events) for events in told] == [5] * 8
    assert [tag for events in told for tag, _ in events] == list(map(str, range(40)))


def test_a_few_events_linger_for_others(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.create(receiver.url, policy={"max_batch": 3, "linger_ms": 60_000})
    desk.announce(*pushes("a"))
    desk.drains.start(endpoint.key)
    desk.announce(*pushes("b"))
    time.sleep(0.1)
    assert not receiver.requests

    desk.announce(*pushes("c"))

    desk.wait_for(DeliveryState.DELIVERED, 3)
    assert names(receiver) == [["a", "b", "c"]]


def test_nobody_lingers_for_ever(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url, policy={"max_batch": 3, "linger_ms": 50})
    desk.announce(*pushes("a"))

    desk.sweep()

    desk.wait_for(DeliveryState.DELIVERED)


def test_a_format_that_tells_one_event_takes_no_batch(desk: Desk) -> None:
    with pytest.raises(EndpointInvalid) as refusal:
        desk.create(format_=parse_format("acr"), policy={"max_batch": 2})

    assert refusal.value.field == "max_batch"


def test_no_more_are_in_flight_than_the_endpoint_takes(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.behaviour = hang
    endpoint = desk.create(receiver.url, policy={"max_in_flight": 3}, timeout_s=20)
    desk.announce(*pushes(*map(str, range(8))))

    desk.drains.start(endpoint.key)
    wait_until(lambda: len(receiver.requests) == 3)
    time.sleep(0.1)

    assert len(receiver.requests) == 3
    receiver.behaviour = answers(200)
    receiver.released.set()
    desk.wait_for(DeliveryState.DELIVERED, 8)


def test_no_more_are_sent_than_the_rate_allows(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.create(receiver.url, policy={"rate_limit": 20})
    desk.announce(*pushes(*map(str, range(10))))
    began = time.monotonic()

    desk.drains.start(endpoint.key)
    desk.wait_for(DeliveryState.DELIVERED, 10)

    # Ten of them are spaced by nine pauses, less what may be made up for.
    assert time.monotonic() - began > 9 / 20 - 0.1


def test_a_schedule_of_its_own_says_when_and_how_often(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url, policy={"retry": [0, 100]})
    receiver.behaviour = answers(500)
    desk.announce()
    began = datetime.now(UTC)

    first = desk.send()
    assert first.due_at is not None
    assert timedelta(seconds=79) < first.due_at - began < timedelta(seconds=140)
    desk.hurry()

    assert desk.send(2).state is DeliveryState.FAILED


def test_within_a_repository_the_order_is_kept_over_failures(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url, policy={"ordered": "repository"})
    receiver.behaviour = answers(500)
    desk.announce(*pushes("a1", "a2", "a3", repository="a"))
    desk.drains.start(endpoint.key)
    wait_until(lambda: any(item.attempts for item in desk.deliveries()))
    receiver.behaviour = answers(200)

    desk.announce(*pushes("b1", "b2", repository="b"))
    desk.wait_for(DeliveryState.DELIVERED, 2)

    assert names(receiver) == [["a1"], ["b1"], ["b2"]]
    desk.hurry()
    desk.drains.start(endpoint.key)
    desk.wait_for(DeliveryState.DELIVERED, 5)
    assert names(receiver)[3:] == [["a1"], ["a2"], ["a3"]]


def test_what_waits_behind_a_failure_is_not_looked_at_again_and_again(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url, policy={"ordered": "repository"})
    receiver.behaviour = answers(500)
    desk.announce(*pushes("a1", "a2", "a3"))
    desk.drains.start(endpoint.key)
    wait_until(lambda: any(item.attempts for item in desk.deliveries()))

    def due() -> set[datetime | None]:
        return {item.due_at for item in desk.deliveries()}

    desk.drains.start(endpoint.key)
    wait_until(lambda: len(due()) == 1)
    assert len(receiver.requests) == 1


def test_one_that_failed_for_good_lets_the_others_go(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(
        receiver.url, policy={"ordered": "repository", "retry": "once"}
    )
    receiver.behaviour = answers(500)
    desk.announce(*pushes("a1", "a2"))
    desk.drains.start(endpoint.key)

    desk.wait_for(DeliveryState.FAILED, 2)

    assert names(receiver) == [["a1"], ["a2"]]


def test_a_tag_that_moves_again_supersedes_what_waits(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url, policy={"supersede": "tag"})
    first, other = pushes("1.0", "2.0")
    elsewhere = pushes("1.0", repository="team/web")
    desk.announce(first, other, *elsewhere)

    desk.announce(*pushes("1.0"))
    desk.drains.start(endpoint.key)
    desk.wait_for(DeliveryState.DELIVERED, 3)

    [cancelled] = desk.deliveries(state=DeliveryState.CANCELLED)
    assert cancelled.event_id == first.id
    assert len(receiver.requests) == 3


def test_a_tag_that_did_not_move_supersedes_nothing(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url, policy={"supersede": "tag"})
    desk.announce(factories.event(tag_change=TagChange.NEW))

    desk.announce(factories.event(tag_change=TagChange.UNCHANGED))

    assert not desk.deliveries(state=DeliveryState.CANCELLED)


def test_an_endpoint_that_takes_nothing_is_left_in_peace_for_a_while(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    fail_often(desk, receiver, endpoint)
    had = len(receiver.requests)

    desk.hurry()
    desk.announce(*pushes("new"))
    desk.sweep()
    time.sleep(0.1)

    breaker = shown(desk, endpoint).breaker
    assert breaker.state(datetime.now(UTC)) is BreakerState.OPEN
    assert len(receiver.requests) == had
    assert desk.deliveries()[0].attempts == 0


def test_one_post_probes_whether_it_is_back(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.create(receiver.url)
    fail_often(desk, receiver, endpoint)
    had = len(receiver.requests)
    receiver.behaviour = hang
    desk.hurry()
    desk.end_pauses()

    desk.sweep()
    desk.drains.start(endpoint.key)
    wait_until(lambda: len(receiver.requests) == had + 1)
    time.sleep(0.1)
    assert len(receiver.requests) == had + 1

    receiver.behaviour = answers(200)
    receiver.released.set()
    desk.wait_for(DeliveryState.DELIVERED, FAILURES_TO_OPEN)
    assert shown(desk, endpoint).breaker.openings == 0


def test_one_that_asks_for_less_gets_nothing_until_then(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url, policy={"max_in_flight": 1})
    receiver.behaviour = answers(429, headers={"Retry-After": "600"})
    desk.announce(*pushes("a", "b"))

    desk.sweep()
    wait_until(lambda: shown(desk, endpoint).breaker.paused_until)
    receiver.behaviour = answers(200)
    desk.sweep()
    time.sleep(0.1)

    assert names(receiver) == [["a"]]
    desk.end_pauses()
    desk.sweep()
    desk.drains.start(endpoint.key)
    desk.wait_for(DeliveryState.DELIVERED)


def test_one_that_is_gone_is_disabled_and_told_no_more(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    receiver.behaviour = answers(410)
    desk.announce()

    assert desk.send().state is DeliveryState.FAILED

    disabled = shown(desk, endpoint)
    assert (disabled.enabled, disabled.disabled_reason) == (False, DisabledReason.GONE)
    desk.announce(*pushes("later"))
    assert len(desk.deliveries()) == 1


def test_one_with_nothing_but_failures_for_too_long_is_disabled(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url, policy={"disable_after_s": 60})
    fail_often(desk, receiver, endpoint)
    assert shown(desk, endpoint).enabled
    receiver.behaviour = answers(500)
    age_failures(desk, 61)
    desk.hurry()
    desk.end_pauses()

    desk.sweep()
    desk.drains.start(endpoint.key)

    wait_until(lambda: not shown(desk, endpoint).enabled)
    assert shown(desk, endpoint).disabled_reason is DisabledReason.FAILING


def test_enabling_it_again_closes_its_breaker(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.create(receiver.url)
    fail_often(desk, receiver, endpoint)
    desk.update(endpoint, enabled=False)

    enabled = desk.update(endpoint, enabled=True)

    assert enabled.breaker.failures == 0
    assert enabled.disabled_reason is None


def test_others_are_told_what_befell_it_and_it_is_not(
    desk: Desk, receiver: Receiver
) -> None:
    with running() as watcher:
        desk.create(watcher.url, filters=_INCIDENTS)
        endpoint = desk.create(receiver.url, policy={"retry": "once"})
        everything = Filters.parse({"actions": ["*"], "kinds": ["*"]})
        desk.create(watcher.url, filters=everything, enabled=True)
        receiver.behaviour = answers(410)
        desk.announce(*pushes("1.0"))
        desk.sweep()
        wait_until(lambda: not shown(desk, endpoint).enabled)
        desk.sweep()
        wait_until(lambda: len(watcher.requests) == 3)

    told = {
        event["action"]: event
        for request in watcher.requests
        for event in orjson.loads(request.body)["events"]
    }
    assert set(told) == {"push", "delivery.failed", "endpoint.disabled"}
    named = {"id": str(endpoint.id), "name": endpoint.name}
    assert told["endpoint.disabled"]["detail"] == {
        "endpoint": named,
        "reason": "gone",
    }
    failed = told["delivery.failed"]["detail"]
    assert failed["endpoint"] == named
    assert failed["delivery"]["event"] == told["push"]["id"]
    assert (failed["delivery"]["status"], failed["delivery"]["attempts"]) == (410, 1)


def test_a_failed_delivery_of_an_incident_is_no_incident(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url, filters=_INCIDENTS, policy={"retry": "once"})
    receiver.behaviour = answers(500)
    incident = factories.event(Action.DELIVERY_FAILED, tag=None)
    desk.announce(incident)

    assert desk.send().state is DeliveryState.FAILED

    assert len(desk.deliveries()) == 1
