"""An endpoint's format: how it is chosen, shown and refused."""

from typing import Any

import pytest

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.formats import (
    DEFAULT_FORMAT,
    TYPES,
    parse_format,
    read_format,
)
from tests.delivery.formats.told import ALL, PING

_SIMPLE = sorted(TYPES.keys() - {"template"})
_TEMPLATE = {"type": "template", "body": "{{ event|json }}"}


@pytest.mark.parametrize("name", _SIMPLE)
def test_a_type_alone_stands_for_its_defaults(name: str) -> None:
    assert parse_format(name) == parse_format({"type": name})


@pytest.mark.parametrize("chosen", [*_SIMPLE, _TEMPLATE], ids=str)
def test_what_is_shown_can_be_chosen_again(chosen: Any) -> None:
    parsed = parse_format(chosen)

    assert read_format(parsed.options()) == parsed


@pytest.mark.parametrize("chosen", [*_SIMPLE, _TEMPLATE], ids=str)
def test_every_format_has_words_for_a_ping(chosen: Any) -> None:
    parsed = parse_format(chosen)

    assert parsed.can_tell(PING)
    assert parsed.render([PING]).body


@pytest.mark.parametrize("chosen", [*_SIMPLE, _TEMPLATE], ids=str)
def test_a_format_writes_all_that_it_says_it_can_tell(chosen: Any) -> None:
    parsed = parse_format(chosen)

    messages = [parsed.render([e]) for e in ALL.values() if parsed.can_tell(e)]

    assert all(message.body and message.content_type for message in messages)


def test_the_default_is_the_envelope() -> None:
    assert DEFAULT_FORMAT.options() == {"type": "distribution", "version": "v2"}


@pytest.mark.parametrize(
    ("chosen", "batches"),
    [
        ("distribution", True),
        ({"type": "cloudevents", "mode": "batch"}, True),
        ("cloudevents", False),
        ("acr", False),
        ({"type": "template", "body": "{{ events|json }}"}, True),
        ({"type": "template", "body": "{{ event|json }}"}, False),
        (
            {"type": "template", "body": "[{{ event.id|json }},{{ events|json }}]"},
            False,
        ),
    ],
    ids=str,
)
def test_only_some_formats_tell_several_events_at_once(
    chosen: Any, *, batches: bool
) -> None:
    assert parse_format(chosen).is_batch is batches


@pytest.mark.parametrize(
    ("chosen", "field", "reason"),
    [
        ("telegram", "format.type", "must be one of distribution, acr"),
        ({}, "format.type", "must be one of"),
        ({"type": ["acr"]}, "format.type", "must be one of"),
        ([], "format", "must be an object"),
        (None, "format", "must be an object"),
        ({"type": "acr", "mode": "x"}, "format.mode", "is no option of acr"),
        (
            {"type": "distribution", "version": "v3"},
            "format.version",
            "must be one of v2, v1",
        ),
        ({"type": "harbor", "mode": 5}, "format.mode", "must be a text"),
        ({"type": "cloudevents", "mode": "xml"}, "format.mode", "must be one of"),
        ("template", "format.body", "must be given"),
        ({"type": "template", "body": ""}, "format.body", "must have 1 to 16384"),
        ({"type": "template", "body": "é" * 9000}, "format.body", "must have 1 to"),
        (
            {"type": "template", "body": "1", "content_type": "text/plain\r\nX: y"},
            "format.content_type",
            "must be like text/plain",
        ),
    ],
    ids=str,
)
def test_what_is_no_format_is_refused(chosen: Any, field: str, reason: str) -> None:
    with pytest.raises(EndpointInvalid) as caught:
        parse_format(chosen)

    assert caught.value.field == field
    assert caught.value.reason.startswith(reason)
