"""CloudEvents, as the public library understands them."""

from collections.abc import Callable
from datetime import UTC, datetime

import orjson
import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_binary, from_structured
from cloudevents.core.formats.json import JSONFormat
from msgspec.structs import replace

from notifier.delivery.formats import Message
from notifier.events.envelope import dump_event
from notifier.events.event import Event
from tests.delivery.formats.told import (
    BLOB_PUSH,
    DELETE,
    DIGEST,
    PING,
    PUSH,
    PUSH_BY_DIGEST,
    render,
    told,
)

_BINARY = {"type": "cloudevents", "mode": "binary"}
_BATCH = {"type": "cloudevents", "mode": "batch"}


def _http(message: Message) -> HTTPMessage:
    headers = {"Content-Type": message.content_type, **dict(message.headers)}
    return HTTPMessage(headers=headers, body=message.body)


def _structured(event: Event) -> BaseCloudEvent:
    return from_structured(_http(render("cloudevents", event)), JSONFormat())


def _binary(event: Event) -> BaseCloudEvent:
    return from_binary(_http(render(_BINARY, event)), JSONFormat())


@pytest.mark.parametrize("parse", [_structured, _binary])
def test_the_library_reads_every_attribute(
    parse: Callable[[Event], BaseCloudEvent],
) -> None:
    event = parse(PUSH)

    at = datetime.fromtimestamp(PUSH.timestamp_ns / 1e9, UTC)
    when = event.get_time()
    assert when is not None
    assert abs((when - at).total_seconds()) < 0.001
    assert {**event.get_attributes(), "time": at} == {
        "specversion": "1.0",
        "id": str(PUSH.id),
        "source": "//registry:5000",
        "type": "notifier.manifest.push",
        "subject": "team/app:1.0",
        "datacontenttype": "application/json",
        "time": at,
    }
    assert event.get_data() == dump_event(PUSH)


def test_both_modes_say_the_same() -> None:
    structured, binary = _structured(DELETE), _binary(DELETE)

    assert structured.get_attributes() == binary.get_attributes()
    assert structured.get_data() == binary.get_data()


@pytest.mark.parametrize(
    ("mode", "content_type"),
    [
        ("structured", "application/cloudevents+json"),
        ("binary", "application/json"),
        ("batch", "application/cloudevents-batch+json"),
    ],
)
def test_the_content_type_tells_the_mode(mode: str, content_type: str) -> None:
    message = render({"type": "cloudevents", "mode": mode})

    assert message.content_type == content_type
    assert bool(message.headers) is (mode == "binary")


@pytest.mark.parametrize(
    ("event", "type_", "subject"),
    [
        (PUSH_BY_DIGEST, "notifier.manifest.push", f"team/app@{DIGEST}"),
        (BLOB_PUSH, "notifier.blob.push", f"team/app@{DIGEST}"),
        (PING, "notifier.ping", None),
    ],
    ids=["push by digest", "blob", "ping"],
)
def test_the_subject_is_the_target_as_a_client_names_it(
    event: Event, type_: str, subject: str | None
) -> None:
    parsed = _binary(event)

    assert parsed.get_type() == type_
    assert parsed.get_subject() == subject


def test_a_batch_is_a_list_of_structured_events() -> None:
    batch = told(_BATCH, PUSH, DELETE)

    assert batch == [told("cloudevents", PUSH), told("cloudevents", DELETE)]
    for item in batch:
        JSONFormat().read(None, orjson.dumps(item))


def test_a_host_that_is_no_uri_does_not_break_the_headers() -> None:
    strange = replace(PUSH.request, host='ä b"%\r\nX: y')
    event = replace(PUSH, request=strange)

    headers = dict(render(_BINARY, event).headers)

    assert all(value.isascii() and value.isprintable() for value in headers.values())
    assert _binary(event).get_source() == "//%C3%A4%20b%22%25%0D%0AX:%20y"


def test_without_a_host_the_node_is_the_source() -> None:
    event = replace(PUSH, request=replace(PUSH.request, host=""))

    assert _structured(event).get_source() == f"//{event.source.addr}"
