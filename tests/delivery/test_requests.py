"""What an attempt has sent, as it can be shown later."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook

from notifier.delivery import requests as requests_module
from notifier.delivery.attempt_tables import AttemptRow
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.formats import Message, read_format
from notifier.delivery.formats.distribution import Distribution
from notifier.delivery.headers import MASK
from notifier.delivery.requests import BodyMissing, Request, find_request
from notifier.delivery.transport import with_implied
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from tests import factories
from tests.delivery.desk import Desk
from tests.receiver import Receiver, answers
from tests.receiver import Request as Received

_FORMATS = [
    {"type": "distribution", "version": "v1"},
    {"type": "acr"},
    {"type": "cloudevents"},
    {"type": "cloudevents", "mode": "binary"},
    {"type": "cloudevents", "mode": "batch"},
    {"type": "harbor"},
    {"type": "dockerhub"},
    {"type": "quay"},
    {"type": "slack"},
    {"type": "template", "body": "<{{ event.target.tag }}> ü", "content_type": "a/b"},
]


def _find(desk: Desk, number: int = 1, event: int = 0) -> Request | None:
    """Read what the delivery of one of the events has sent, as another process."""
    delivery = desk.deliveries()[::-1][event]
    with desk.database.read() as connection:
        return find_request(connection, Recorder(), delivery, number)


def _shown(desk: Desk, number: int = 1, event: int = 0) -> Request:
    found = _find(desk, number, event)
    assert found is not None
    return found


def _all(received: Received) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in received.headers.items()]


def test_all_headers_are_shown_as_they_arrived_and_nothing_secret(
    desk: Desk, receiver: Receiver
) -> None:
    headers = {"Authorization": "Bearer hunter2", "X-Token": "hunter3"}
    desk.create(receiver.url, headers=headers, signatures=["v1", "x-signature"])
    desk.announce()
    desk.send()

    shown = _shown(desk)

    [received] = receiver.requests
    masked = headers | {"webhook-signature": "v1,", "X-Signature": "sha256="}
    assert [name for name, _ in shown.headers] == [name for name, _ in _all(received)]
    for (name, value), (_, sent) in zip(shown.headers, _all(received), strict=True):
        if name in headers:
            assert (value, sent) == (MASK, headers[name])
        elif name in masked:
            assert value == masked[name] + MASK
            assert sent.startswith(masked[name])
        else:
            assert value == sent
    assert "hunter" not in repr(asdict(shown))
    assert (shown.method, shown.url) == ("POST", receiver.url)


def test_headers_that_are_not_ours_are_shown_as_they_are_added(
    desk: Desk, receiver: Receiver
) -> None:
    url = receiver.url.replace("127.0.0.1", "LOCALHOST")
    desk.create(url, headers={"accept": "text/html"})
    desk.announce()
    desk.send()

    [received] = receiver.requests
    shown = dict(_shown(desk).headers)
    assert shown["Host"] == received.headers["Host"]
    assert "Accept" not in shown
    assert received.headers.get_all("Accept") == ["text/html"]


@pytest.mark.parametrize("url", ["http://[2001:db8::1]:80/", "https://a.example:443"])
def test_a_port_that_goes_without_saying_is_not_said(url: str) -> None:
    host = dict(with_implied(url, [], 1))["Host"]

    assert host in {"[2001:db8::1]", "a.example"}


@pytest.mark.parametrize("options", _FORMATS, ids=str)
def test_the_body_is_the_one_that_was_sent(
    desk: Desk, receiver: Receiver, options: dict[str, str]
) -> None:
    desk.create(receiver.url, format_=read_format(options), headers={"CE-Type": "x"})
    desk.announce()
    desk.send()

    shown = _shown(desk)

    [received] = receiver.requests
    assert (shown.body, shown.body_missing) == (received.body, None)
    assert [name for name, _ in shown.headers] == [name for name, _ in _all(received)]


def test_who_has_the_secret_can_sign_what_is_shown_alike(
    desk: Desk, receiver: Receiver
) -> None:
    _endpoint, secret = desk.create_with_secret(receiver.url)
    desk.announce()
    receiver.behaviour = answers(500)
    desk.send()
    desk.hurry()
    desk.send(2)

    for number, received in enumerate(receiver.requests, 1):
        shown = _shown(desk, number)
        headers = dict(shown.headers)
        assert shown.body is not None
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        signature = Webhook(secret).sign(headers["webhook-id"], at, shown.body.decode())
        assert signature == received.headers["webhook-signature"]


def test_each_of_several_that_went_together_shows_the_one_body(
    desk: Desk, receiver: Receiver
) -> None:
    _endpoint, secret = desk.create_with_secret(receiver.url, policy={"max_batch": 10})
    desk.announce(*(factories.event(tag=str(number)) for number in range(3)))
    desk.sweep()
    desk.wait_for(DeliveryState.DELIVERED, 3)

    [received] = receiver.requests
    received.verify(secret)
    for event in range(3):
        shown = _shown(desk, event=event)
        assert shown.body == received.body
        assert dict(shown.headers)["webhook-id"] == received.headers["webhook-id"]


def test_what_was_sent_is_shown_though_all_of_the_endpoint_has_changed(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(f"{receiver.url}/{{key}}", url_secrets={"key": "hunter2"})
    desk.announce()
    receiver.behaviour = answers(500)
    desk.send()
    before = _shown(desk)

    desk.update(
        endpoint,
        url=f"{receiver.url}/new",
        headers={"X-New": "hunter2"},
        format_=read_format("acr"),
        signatures=["v1a"],
    )
    desk.hurry()
    desk.send(2)

    first, second = receiver.requests
    assert _shown(desk) == before
    assert (before.url, before.body) == (f"{receiver.url}/{{key}}", first.body)
    assert first.path == "/hook/hunter2"
    after = _shown(desk, 2)
    assert (after.url, after.body) == (f"{receiver.url}/new", second.body)
    assert dict(after.headers)["X-New"] == MASK
    assert dict(after.headers)["webhook-signature"] == f"v1a,{MASK}"


def test_an_endpoint_that_is_gone_leaves_what_it_was_sent(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url, headers={"X-Token": "hunter2"})
    desk.announce()
    desk.send()
    before = _shown(desk)

    desk.remove(endpoint)

    assert _shown(desk) == before


def test_during_an_overlap_there_are_two_signatures_and_one_after_it(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    secret, _text = desk.rotate(endpoint, overlap_s=60)

    with desk.database.read() as connection:
        signer = desk.store.get_recipient(connection, endpoint.key).signer

    now = datetime.now(UTC)
    assert signer.masked(now) == (("webhook-signature", f"v1,{MASK} v1,{MASK}"),)
    later = now + timedelta(seconds=61)
    assert signer.masked(later) == (("webhook-signature", f"v1,{MASK}"),)
    assert secret.expires_at is None


def test_a_body_that_would_be_another_by_now_is_not_shown(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.create(receiver.url)
    desk.announce()
    desk.send()

    monkeypatch.setattr(
        Distribution, "render", lambda *_: Message("application/json", b"{}")
    )

    shown = _shown(desk)
    assert (shown.body, shown.body_missing) == (None, BodyMissing.CHANGED)
    names = {name for name, _ in shown.headers}
    assert {"Host", "User-Agent", "webhook-id", "webhook-signature"} <= names
    assert not names & {"Content-Type", "Content-Length"}


def test_a_body_whose_event_is_gone_is_not_shown(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url)
    desk.announce()
    desk.send()
    with desk.database.transaction() as transaction:
        transaction.execute(sa.delete(EventRow))

    assert _shown(desk).body_missing is BodyMissing.CHANGED


@pytest.mark.parametrize("most", [10, 100])
def test_a_body_that_is_too_large_is_not_shown(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Neither one that the events' own size tells of, nor one that turns out so."""
    desk.create(receiver.url)
    desk.announce(factories.event(detail={"endpoint": "ci"}))
    desk.send()

    monkeypatch.setattr(requests_module, "MAX_BODY_BYTES", most)

    shown = _shown(desk)
    assert (shown.body, shown.body_missing) == (None, BodyMissing.TOO_LARGE)


def test_where_nothing_was_sent_nothing_is_shown(desk: Desk) -> None:
    format_ = read_format(
        {
            "type": "template",
            "body": '{% if event.target.repository|default("") == "team/app" %}'
            "{{ nope }}{% endif %}1",
        }
    )
    desk.create(format_=format_)
    desk.announce()
    desk.send()

    assert desk.attempts()[0].error == "template"
    assert _find(desk) is None


def test_of_an_attempt_from_before_there_were_ways_nothing_is_known(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url)
    desk.announce()
    desk.send()
    with desk.database.transaction() as transaction:
        transaction.execute(
            sa.update(AttemptRow).values(
                way_id=None, message_digest=None, answer_header=None
            )
        )

    [attempt] = desk.attempts()
    assert _find(desk) is None
    assert (attempt.peer, attempt.response_headers) == (None, None)
