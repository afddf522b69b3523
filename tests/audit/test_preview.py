"""A preview tells what filters would have made of the newest events."""

from typing import Any

import pytest

from notifier.audit import preview as module
from notifier.audit.answers import get_entry
from notifier.audit.preview import Preview, preview
from notifier.db import Database
from notifier.delivery.filters import Filters
from notifier.events.event import Action, Event, Kind
from notifier.events.record import Recorder
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill, newest_first

_ACTIONS = [Action.PUSH, Action.PULL, Action.DELETE, Action.PING]
_EVENTS = [
    factories.event(
        _ACTIONS[number % 4],
        kind=Kind.BLOB if number % 5 == 0 else Kind.MANIFEST,
        tag=f"v{number % 3}",
        actor="alice" if number % 2 else None,
        at_ns=DAY_NS + number * SECOND_NS,
    )
    for number in range(120)
]
_FILTERS: list[dict[str, Any]] = [
    {},
    {"actions": ["*"], "kinds": ["*"]},
    {"actions": ["push", "pull"], "tags": ["v1", "v2"]},
    {"actions": ["*"], "exclude": {"actors": ["alice"]}},
    {"repositories": ["other"]},
]


@pytest.fixture(name="recorder")
def _recorder(database: Database, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Fill the log; let it be read in many steps."""
    monkeypatch.setattr(module, "_BATCH", 7)
    recorder = Recorder()
    fill(database, recorder, _EVENTS)
    return recorder


def _preview(
    database: Database, recorder: Recorder, filters: Filters, last: int = 1000
) -> Preview:
    with database.read() as connection:
        return preview(connection, recorder, filters, last=last)


def _newest(last: int) -> list[Event]:
    return [e for e in newest_first(_EVENTS)[:last] if e.action is not Action.PING]


def test_it_counts_as_the_filters_decide(
    database: Database, recorder: Recorder, subtests: pytest.Subtests
) -> None:
    for lists in _FILTERS:
        for last in (1, 7, 50, 1000):
            with subtests.test(filters=lists, last=last):
                filters = Filters.parse(lists)
                wanted = [event for event in _newest(last) if filters.wants(event)]

                found = _preview(database, recorder, filters, last)

                assert found.examined == len(_newest(last))
                assert found.matched == len(wanted)
                assert [entry.event for entry in found.samples] == wanted[:10]


def test_each_event_that_is_refused_counts_for_one_rule(
    database: Database, recorder: Recorder
) -> None:
    filters = Filters.parse({"actions": ["push"], "tags": ["v1"]})

    found = _preview(database, recorder, filters)

    assert found.matched + sum(part.count for part in found.refused) == 90
    assert [part.rule for part in found.refused] == [
        "filters.actions",
        "filters.tags",
        "filters.kinds",
    ]
    for part in found.refused:
        rule = filters.refused_by(part.newest.event)
        assert rule is not None
        assert (part.rule, part.text) == (rule.name, rule.describe(part.newest.event))


def test_a_rules_sample_is_the_newest_that_it_refused(
    database: Database, recorder: Recorder
) -> None:
    filters = Filters.parse({"kinds": ["*"], "actions": ["pull"]})

    found = _preview(database, recorder, filters)

    [part] = found.refused
    refused = [event for event in _newest(1000) if event.action is not Action.PULL]
    assert part.newest.event == refused[0]
    assert part.count == len(refused)


def test_it_says_since_when(database: Database, recorder: Recorder) -> None:
    found = _preview(database, recorder, Filters(), last=50)

    with database.read() as connection:
        oldest = get_entry(connection, recorder, _newest(50)[-1].id)
    assert found.since == oldest.recorded_at


def test_of_an_empty_log_there_is_nothing_to_tell(database: Database) -> None:
    assert _preview(database, Recorder(), Filters()) == Preview()
