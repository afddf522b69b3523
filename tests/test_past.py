"""The past that logs are filled with, to measure them."""

from collections import Counter

from benchmarks.bulk import load
from benchmarks.past import Past
from notifier.audit.answers import ask
from notifier.audit.questions import Question
from notifier.db import Database
from notifier.events.event import Action, Event
from notifier.events.record import Recorder


def _digest(event: Event) -> str:
    assert event.target.descriptor is not None
    return event.target.descriptor.digest


def test_nine_of_ten_events_are_pulls_and_few_digests_are_new() -> None:
    events = list(Past(20_000))

    actions = Counter(event.action for event in events)
    digests = Counter(map(_digest, events))
    assert len(events) == 20_000
    assert 0.85 < actions[Action.PULL] / len(events) < 0.95
    assert {*actions} == {Action.PUSH, Action.PULL, Action.MOUNT, Action.DELETE}
    assert 0.01 < len(digests) / len(events) < 0.03
    assert 0.05 < digests.most_common(1)[0][1] / len(events) < 0.2


def test_nothing_is_pulled_before_it_is_pushed() -> None:
    pushed = set()
    for event in Past(5_000):
        if event.action is Action.PUSH:
            pushed.add((event.target.repository, _digest(event)))
        else:
            assert (event.target.repository, _digest(event)) in pushed


def test_what_is_loaded_is_what_recording_would_have_written(
    database: Database,
) -> None:
    events = list(Past(300))

    assert sum(load(database, events)) == 300

    with database.read() as connection:
        page = ask(connection, Recorder(), Question(), limit=1000)
    assert [entry.event for entry in page.entries] == events[::-1]
