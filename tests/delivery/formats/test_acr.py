"""Azure's format: one bare event."""

from tests.delivery.formats.told import (
    DELETE,
    PING,
    PUSH,
    TAG_DELETE,
    render,
    tellable,
    told,
)


def test_a_push_is_one_bare_event_with_the_fields_of_azure() -> None:
    event = told("acr")

    assert list(event) == ["id", "timestamp", "action", "target", "request"]
    assert list(event["target"]) == [
        *("mediaType", "size", "digest", "length", "repository", "tag")
    ]
    assert list(event["request"]) == ["id", "host", "method", "useragent"]
    assert event["id"] == str(PUSH.id)
    assert event["target"]["tag"] == "1.0"


def test_it_is_plain_json() -> None:
    assert render("acr").content_type == "application/json"


def test_a_delete_has_a_tag_only_if_it_is_that_of_a_tag() -> None:
    assert "tag" not in told("acr", DELETE)["target"]
    assert told("acr", TAG_DELETE)["target"]["tag"] == "1.0"


def test_a_ping_has_no_target() -> None:
    assert list(told("acr", PING)) == ["id", "timestamp", "action"]


def test_it_tells_pushes_and_deletes_of_manifests() -> None:
    assert tellable("acr") == {
        *("push", "push by digest", "delete", "delete of a tag", "ping")
    }
