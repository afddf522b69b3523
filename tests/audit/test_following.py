"""Whoever follows the log hears of everything once, whoever writes meanwhile."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.audit import following as module
from notifier.audit.following import Following, Mark, MarkInvalid
from notifier.audit.questions import Question, only
from notifier.db import Database
from notifier.events import feed
from notifier.events.announce import Announcer
from notifier.events.event import Action, Event
from notifier.events.journal import Journal
from notifier.events.record import Recorder
from tests import factories

EVERYTHING = Question()
SECOND_NS = 10**9
PATIENCE_S = 60.0


@pytest.fixture(name="recorder")
def _recorder() -> Recorder:
    return Recorder()


@pytest.fixture(name="announcer")
def _announcer(recorder: Recorder) -> Announcer:
    return Announcer(object(), recorder)


def _add(database: Database, announcer: Announcer, *events: Event) -> None:
    with database.transaction() as transaction:
        announcer.announce_new(transaction, events)


def _rest(database: Database, following: Following) -> Iterator[UUID]:
    """Yield all that is there to be told, and go on from each mark by itself."""
    while True:
        with database.read() as connection:
            told = following.step(connection)
        yield from (id_ for _, id_ in told.events)
        if told.is_last:
            return


def test_what_was_there_before_is_not_told(
    database: Database, recorder: Recorder, announcer: Announcer
) -> None:
    _add(database, announcer, factories.event())
    following = Following.from_now(database, recorder, EVERYTHING)
    old, new = factories.event(at_ns=1), factories.event()
    _add(database, announcer, new, old)

    assert [*_rest(database, following)] == [new.id, old.id]
    assert [*_rest(database, following)] == []


@pytest.mark.parametrize("most", [1, 3, 100])
def test_any_mark_is_a_place_to_go_on_from(
    database: Database,
    recorder: Recorder,
    announcer: Announcer,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
) -> None:
    monkeypatch.setattr(module, "_MOST_EVENTS", most)
    monkeypatch.setattr(module, "_MOST_ADDITIONS", most + 1)
    events = [factories.event() for _ in range(12)]
    following = Following.from_now(database, recorder, EVERYTHING)
    begun = following.mark
    for start in range(0, 12, 4):
        _add(database, announcer, *events[start : start + 4])
    ids = [event.id for event in events]
    marks = [begun]
    while len(marks) <= 12:
        with database.read() as connection:
            marks += [mark for mark, _ in following.step(connection).events]

    for number, mark in enumerate(marks):
        resumed = Following(recorder, EVERYTHING, Mark.parse(str(mark)))
        assert [*_rest(database, resumed)] == ids[number:]


def test_a_question_is_answered_and_its_mark_moves_past_the_rest(
    database: Database, recorder: Recorder, announcer: Announcer
) -> None:
    question = Question(repository=only("team/app"), action=only(Action.PUSH))
    following = Following.from_now(database, recorder, question)
    wanted = factories.event()
    others = [factories.event(Action.PULL), factories.event(repository="else")]
    _add(database, announcer, wanted, *others)

    found = [*_rest(database, following)]

    assert found == [wanted.id]
    assert following.mark is not None
    assert following.mark.event == others[-1].id


@pytest.mark.parametrize("is_empty", [True, False])
def test_before_the_first_event_there_is_a_mark_as_well(
    database: Database, recorder: Recorder, announcer: Announcer, *, is_empty: bool
) -> None:
    begun = Following.from_now(database, recorder, EVERYTHING)
    if not is_empty:
        event = factories.event()
        _add(database, announcer, event)

    resumed = Following(recorder, EVERYTHING, begun.mark)

    assert [*_rest(database, resumed)] == ([] if is_empty else [event.id])


def _gap(database: Database, recorder: Recorder, mark: Mark) -> list[UUID] | None:
    """Return what is told from a mark that is not there; None if it is there."""
    following = Following(recorder, EVERYTHING, mark)
    with database.read() as connection:
        told = following.step(connection)
    if told.gap_until is None:
        return None
    return [id_ for _, id_ in told.events]


def test_a_mark_that_is_not_there_any_more_is_a_gap(
    database: Database, recorder: Recorder, announcer: Announcer
) -> None:
    events = [factories.event() for _ in range(3)]
    begun = Following.from_now(database, recorder, EVERYTHING).mark
    assert begun is not None
    for event in events:
        _add(database, announcer, event)
    assert _gap(database, recorder, begun) is None

    feed.Forgetting(database, timedelta(0)).work()

    assert _gap(database, recorder, begun) == [events[-1].id]


def test_additions_of_any_size_are_told_in_steps(
    database: Database,
    recorder: Recorder,
    announcer: Announcer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_EVENTS", 10)
    following = Following.from_now(database, recorder, EVERYTHING)
    events = [factories.event() for _ in range(37)]
    _add(database, announcer, *events[:35])
    _add(database, announcer, *events[35:])

    assert [*_rest(database, following)] == [event.id for event in events]


def test_a_mark_of_another_log_is_a_gap(
    database: Database, recorder: Recorder, announcer: Announcer
) -> None:
    event = factories.event()
    _add(database, announcer, event)
    with database.read() as connection:
        [addition] = feed.list_from(connection, 0, 10)
    there = Mark(addition.position, event.id)

    assert _gap(database, recorder, there) is None
    for mark in (
        Mark(there.position, uuid4()),
        Mark(there.position),
        Mark(there.position + 1, event.id),
        Mark(10**17, event.id),
    ):
        assert _gap(database, recorder, mark) == [event.id]


@given(st.integers(1, 10**18 - 1), st.none() | st.uuids())
def test_a_mark_is_read_as_it_was_written(position: int, event: UUID | None) -> None:
    mark = Mark(position, event)

    assert Mark.parse(str(mark)) == mark


@given(st.text() | st.from_regex(r"-?[0-9]+\.?[0-9a-f-]*", fullmatch=True))
def test_any_text_is_a_mark_or_refused(text: str) -> None:
    try:
        mark = Mark.parse(text)
    except MarkInvalid:
        return
    assert str(mark) == text


class Writers:
    """Several threads that add events at once, each with connections of its own.

    Some commit long after they have begun, some undo what they did, some tell of what
    was long ago.
    """

    def __init__(self, database: Database, announcer: Announcer, folder: Path) -> None:
        self.added: set[UUID] = set()
        self._database = database
        self._announcer = announcer
        self._lock = threading.Lock()
        self._journal = Journal(folder, database, announcer)
        self._threads = [
            threading.Thread(target=write, args=(random.Random(number),))  # noqa: S311
            for number, write in enumerate([self._push] * 4 + [self._ingest] * 2)
        ]
        self._threads.append(threading.Thread(target=self._pull))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let them write, and wait until they are done."""
        for thread in self._threads:
            thread.start()
        yield
        for thread in self._threads:
            thread.join()
        self._journal.close()

    def are_at_it(self) -> bool:
        """Tell whether one of them is."""
        return any(thread.is_alive() for thread in self._threads)

    def _push(self, chance: random.Random) -> None:
        for _ in range(40):
            events = [factories.event() for _ in range(chance.randint(1, 3))]
            wait_s, is_undone = chance.choice([0, 0, 0.02]), chance.random() < 0.1
            self._write(events, wait_s, is_undone=is_undone)
        self._database.leave()

    def _ingest(self, chance: random.Random) -> None:
        for _ in range(40):
            ago_ns = chance.choice([1, 60, 10**6]) * SECOND_NS
            events = [
                factories.event(at_ns=time.time_ns() - ago_ns)
                for _ in range(chance.randint(1, 30))
            ]
            self._write(events, chance.choice([0, 0.01]), is_undone=False)
        self._database.leave()

    def _pull(self) -> None:
        for _ in range(200):
            event = factories.event(Action.PULL)
            self._journal.append(event)
            with self._lock:
                self.added.add(event.id)
            time.sleep(0.002)

    def _write(self, events: list[Event], wait_s: float, *, is_undone: bool) -> None:
        with suppress(ZeroDivisionError):
            with self._database.transaction() as transaction:
                self._announcer.announce_new(transaction, events[:1])
                time.sleep(wait_s)
                self._announcer.announce_new(transaction, events[1:])
                assert 1 // (not is_undone)
            with self._lock:
                self.added.update(event.id for event in events)


def test_who_follows_hears_of_everything_once_while_many_write(
    database: Database, recorder: Recorder, announcer: Announcer, tmp_path: Path
) -> None:
    """One reads on without a stop; the other goes on from a mark, each time anew."""
    writers = Writers(database, announcer, tmp_path / "journal")
    steady = Following.from_now(database, recorder, EVERYTHING)
    mark = steady.mark
    heard: tuple[list[UUID], list[UUID]] = [], []
    with writers.running():
        is_over = False
        while not is_over:
            is_over = not writers.are_at_it()
            heard[0].extend(_rest(database, steady))
            resumed = Following(recorder, EVERYTHING, mark)
            heard[1].extend(_rest(database, resumed))
            mark = resumed.mark
            time.sleep(0.001)
    heard[0].extend(_rest(database, steady))
    heard[1].extend(_rest(database, Following(recorder, EVERYTHING, mark)))

    assert sorted(heard[0]) == sorted(writers.added)
    assert heard[1] == heard[0]
