"""A message for people."""

from typing import Any

from msgspec.structs import replace

from tests.delivery.formats.told import (
    ALL,
    DIGEST,
    MOUNT,
    PING,
    PUSH,
    PUSH_BY_DIGEST,
    render,
    tellable,
    told,
)


def test_a_push_is_a_sentence_and_what_is_known_of_it() -> None:
    message = told("slack")

    section, context = message["blocks"]
    assert message["text"] == "alice pushed `team/app:1.0`"
    assert section == {
        "type": "section",
        "text": {"type": "mrkdwn", "text": message["text"]},
    }
    [details] = context["elements"]
    assert details["text"].startswith(f"registry:5000 · {DIGEST} · application/vnd.oci")
    assert details["text"].endswith(" · 2 bytes")


def test_what_is_not_known_is_left_out() -> None:
    assert told("slack", PUSH_BY_DIGEST)["text"] == (
        f"Somebody pushed `team/app@{DIGEST}`"
    )
    assert told("slack", PING) == {
        "text": "A test from the registry registry:5000.",
        "blocks": [
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": "A test from the registry registry:5000.",
                },
            }
        ],
    }


def test_a_mount_says_where_it_came_from() -> None:
    event = replace(MOUNT, target=replace(MOUNT.target, from_repository="base/os"))

    assert "from base/os" in _details(event)


def test_the_three_characters_of_slack_are_escaped_and_no_others() -> None:
    event = replace(PUSH, actor="<!channel> & \"Co\" 'x'")

    assert told("slack", event)["text"].startswith(
        "&lt;!channel&gt; &amp; \"Co\" 'x' pushed"
    )


def test_no_text_is_too_long_for_slack() -> None:
    long = "&" * 10_000
    event = replace(PUSH, actor=long, request=replace(PUSH.request, host=long))

    assert len(told("slack", event)["text"]) < 2000
    assert len(_details(event)) < 2000


def test_it_tells_everything_as_json() -> None:
    assert tellable("slack") == set(ALL)
    assert render("slack").content_type == "application/json"


def _details(event: Any) -> str:
    [details] = told("slack", event)["blocks"][1]["elements"]
    text: str = details["text"]
    return text
