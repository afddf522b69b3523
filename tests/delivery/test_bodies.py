"""Deliveries in the formats of their endpoints, with real POSTs."""

import json

import pytest
import structlog

from notifier.delivery import bodies as bodies_module
from notifier.delivery.bodies import Bodies
from notifier.delivery.deliveries import DeliveryState, redeliver
from notifier.delivery.filters import Filters
from notifier.delivery.formats import DEFAULT_FORMAT, read_format
from notifier.events.event import Action
from tests import factories
from tests.delivery.desk import Desk
from tests.receiver import Receiver

_BINARY = read_format({"type": "cloudevents", "mode": "binary"})
_ALL = Filters.parse({"actions": ["*"], "kinds": ["*"]})
# It copes with all samples, and not with this repository.
_FAILING = read_format(
    {
        "type": "template",
        "body": '{% if event.target.repository|default("") == "team/app" %}'
        "{{ nope }}{% endif %}1",
    }
)


def test_the_message_is_the_formats_signed(desk: Desk, receiver: Receiver) -> None:
    _endpoint, secret = desk.create_with_secret(receiver.url, format_=_BINARY)
    [event] = desk.announce()

    desk.send()

    [request] = receiver.requests
    request.verify(secret)
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["ce-id"] == str(event.id)
    assert request.headers["ce-type"] == "notifier.manifest.push"
    assert json.loads(request.body)["id"] == str(event.id)


def test_the_owners_headers_win_over_those_of_the_format(
    desk: Desk, receiver: Receiver
) -> None:
    headers = {"CE-Source": "mine", "content-type": "application/x"}
    desk.create(receiver.url, format_=_BINARY, headers=headers)
    desk.announce()

    desk.send()

    [request] = receiver.requests
    assert request.headers.get_all("ce-source") == ["mine"]
    assert request.headers.get_all("Content-Type") == ["application/x"]


def test_what_a_format_cannot_tell_makes_no_delivery(desk: Desk) -> None:
    quay = desk.create(filters=_ALL, format_=read_format("quay"))
    whole = desk.create(filters=_ALL)

    desk.announce(
        factories.event(), factories.event(Action.PULL), factories.event(tag=None)
    )

    assert len(desk.deliveries(endpoint=quay.id)) == 1
    assert len(desk.deliveries(endpoint=whole.id)) == 3


def test_each_endpoint_gets_an_event_in_its_own_format(
    desk: Desk, receiver: Receiver
) -> None:
    for name in ("acr", "quay", "distribution"):
        desk.create(f"{receiver.url}/{name}", format_=read_format(name))
    [event] = desk.announce()

    desk.sweep()
    desk.wait_for(DeliveryState.DELIVERED, 3)

    bodies = {r.path.split("/")[-1]: json.loads(r.body) for r in receiver.requests}
    assert bodies["acr"]["id"] == str(event.id)
    assert bodies["quay"]["updated_tags"] == ["1.0"]
    assert bodies["distribution"]["events"][0]["id"] == str(event.id)


def test_a_template_that_fails_is_a_failed_attempt_with_its_reason(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url, format_=_FAILING)
    desk.announce()

    with structlog.testing.capture_logs():
        delivery = desk.send()

    [attempt] = desk.attempts()
    assert (attempt.status, attempt.error) == (None, "template")
    assert attempt.response == b"line 1: 'nope' is undefined"
    assert delivery.state is DeliveryState.PENDING
    assert delivery.due_at is not None
    assert receiver.requests == []


def test_a_template_that_fails_does_not_hold_up_what_follows(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url, format_=_FAILING)

    desk.announce(factories.event(), factories.event(repository="other"))
    desk.sweep()
    desk.wait_for(DeliveryState.DELIVERED)

    [request] = receiver.requests
    assert request.body == b"1"


def test_a_mended_template_is_used_in_the_next_attempt(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url, format_=_FAILING)
    desk.announce()
    desk.send()

    desk.update(endpoint, format_=read_format({"type": "template", "body": "2"}))
    desk.hurry()
    delivery = desk.send(2)

    assert delivery.state is DeliveryState.DELIVERED
    assert [request.body for request in receiver.requests] == [b"2"]


def test_a_redelivery_is_told_in_the_present_format(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    desk.announce()
    delivery = desk.send()
    desk.update(endpoint, format_=read_format("acr"))

    with desk.database.transaction() as transaction:
        redeliver(transaction, delivery.id, desk.nudger)
    desk.send(2)

    first, second = (json.loads(request.body) for request in receiver.requests)
    assert second["id"] == first["events"][0]["id"]


def test_what_the_present_format_cannot_tell_is_a_failed_attempt(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    desk.announce(factories.event(Action.DELETE))
    desk.update(endpoint, format_=read_format("quay"))

    desk.send()

    [attempt] = desk.attempts()
    assert attempt.error == "format"
    assert attempt.response == b"quay has no words for this event"
    assert receiver.requests == []


def test_an_event_is_rendered_once_for_all_endpoints_of_a_format(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    [event] = desk.announce()
    bodies = Bodies(desk.recorder)

    with desk.database.read() as connection:
        first = bodies.of(connection, DEFAULT_FORMAT, [event.id])
        acr = bodies.of(connection, read_format("acr"), [event.id])
        monkeypatch.setattr(bodies, "_rendered", None)
        again = bodies.of(connection, read_format("distribution"), [event.id])

    assert again[event.id] is first[event.id]
    assert acr[event.id].message != first[event.id].message


def test_what_is_kept_has_a_bound(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies_module, "_KEPT_BYTES", 5000)
    events = desk.announce(*(factories.event() for _ in range(20)))
    bodies = Bodies(desk.recorder)

    with desk.database.read() as connection:
        for event in events:
            assert bodies.of(connection, DEFAULT_FORMAT, [event.id])[event.id].message
            assert sum(map(bodies_module._size_of, bodies._kept.values())) <= 5000
