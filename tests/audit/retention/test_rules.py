"""How long what is kept, by an ordered list of rules."""

from datetime import timedelta

import pytest

from notifier.audit.retention.rules import RetentionRule, parse_keep, render_keep
from notifier.events.event import Action, Kind
from tests.audit.retention.site import rule


@pytest.mark.parametrize(
    ("text", "keep"),
    [
        ("1d", timedelta(days=1)),
        ("90d", timedelta(days=90)),
        ("36500d", timedelta(days=36_500)),
        ("forever", None),
    ],
)
def test_a_time_to_keep_is_a_number_of_days_or_for_ever(
    text: str, keep: timedelta | None
) -> None:
    assert parse_keep(text) == keep
    assert render_keep(keep) == text


@pytest.mark.parametrize(
    "text", ["", "d", "0d", "-1d", "36501d", "9999999d", "90", "90h", "²d", "Forever"]
)
def test_what_is_no_time_to_keep_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="forever"):
        parse_keep(text)


@pytest.mark.parametrize(
    ("about", "is_about"),
    [
        (rule(), True),
        (rule(actions=["pull"]), True),
        (rule(actions=["*"]), True),
        (rule(actions=["push", "delete"]), False),
        (rule(kinds=["blob"]), True),
        (rule(kinds=["manifest"]), False),
        (rule(repositories=["team/**", "other"]), True),
        (rule(repositories=["tea/*"]), False),
        (rule(actions=["pull"], kinds=["manifest"]), False),
    ],
)
def test_a_rule_is_about_what_all_its_lists_name(
    about: RetentionRule, *, is_about: bool
) -> None:
    pull = Action.PULL, Kind.BLOB, "team/app/sub"

    assert about.is_about(*pull) is is_about


@pytest.mark.parametrize(
    ("about", "is_about"),
    [
        (rule(), True),
        (rule(actions=["user.create"]), True),
        (rule(actions=["*"]), False),
        (rule(kinds=["manifest", "blob"]), False),
        (rule(repositories=["**"]), False),
    ],
)
def test_operational_events_are_named_by_their_actions(
    about: RetentionRule, *, is_about: bool
) -> None:
    assert about.is_about(Action.USER_CREATE, None, None) is is_about


def test_a_rule_is_read_as_it_was_written() -> None:
    full = rule("7d", actions=["pull"], kinds=["blob"], repositories=["tmp/**", "ci/*"])

    for written in (full, RetentionRule()):
        assert RetentionRule.parse(written.render()) == written
    assert RetentionRule().render() == {"keep": "forever"}
