"""Policies of endpoints, on the command line."""

import json

import pytest

from tests.cli.conftest import Notifier

_URL = "http://127.0.0.1:9/hook"


def test_a_policy_is_set_shown_and_changed(notifier: Notifier) -> None:
    options = ["--retry", "0,10,60", "--rate-limit", "5", "--ordered", "repository"]
    made = json.loads(
        notifier("endpoints", "add", "ci", _URL, *options, "--json").stdout
    )
    assert made["retry"] == [0, 10, 60]
    assert (made["rate_limit"], made["ordered"]) == (5, "repository")

    shown = notifier("endpoints", "show", "ci").stdout
    assert "retry 0,10,60; rate limit 5; ordered repository" in shown

    changed = json.loads(
        notifier(
            *("endpoints", "update", "ci", "--rate-limit", "none"),
            *("--max-batch", "10", "--json"),
        ).stdout
    )
    assert (changed["rate_limit"], changed["max_batch"]) == (None, 10)
    assert changed["ordered"] == "repository"


@pytest.mark.parametrize(
    ("option", "value", "status", "words"),
    [
        ("--retry", "often", 2, "say one of standard"),
        ("--ordered", "tag", 2, "is not"),
        ("--max-batch", "0", 1, "max_batch: must be from 1 to 1000"),
        ("--rate-limit", "fast", 2, "not a valid float"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    notifier: Notifier, option: str, value: str, status: int, words: str
) -> None:
    refused = notifier("endpoints", "add", "ci", _URL, option, value, status=status)

    assert words in refused.stderr
