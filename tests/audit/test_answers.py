"""What is answered: exactly what was asked, newest first, in pages without a seam."""

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.audit import answers
from notifier.audit.answers import EventUnknown, ask, get_entry
from notifier.audit.questions import Question
from notifier.db import Database
from notifier.events.event import Action, Event, Kind, TagChange
from notifier.events.record import Recorder
from notifier.registry.digest import Digest
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill, newest_first

_ACTIONS = [Action.PUSH, Action.PULL, Action.DELETE]
_EVENTS = [
    factories.event(
        _ACTIONS[number % 3],
        kind=Kind.BLOB if number % 4 == 0 else Kind.MANIFEST,
        repository=f"team/app-{number % 5}",
        tag=None if number % 2 else "1.0",
        content=str(number % 7).encode(),
        media_type=f"application/x-{number % 3}",
        actor="alice" if number % 6 == 0 else None,
        at_ns=DAY_NS + number * SECOND_NS,
    )
    for number in range(120)
]
_TIMES = st.none() | st.integers(-5, 125).map(lambda s: DAY_NS + s * SECOND_NS)

_questions = st.builds(
    Question,
    digest=st.none() | st.integers(0, 8).map(lambda n: Digest.of(str(n).encode())),
    repository=st.none() | st.integers(0, 6).map(lambda n: f"team/app-{n}"),
    tag=st.sampled_from([None, None, "1.0", "2.0"]),
    actions=st.lists(st.sampled_from(Action), max_size=2).map(tuple),
    kind=st.sampled_from([None, None, *Kind]),
    actor=st.sampled_from([None, None, "alice", "bob"]),
    media_type=st.sampled_from([None, None, "application/x-1", "application/y"]),
    since_ns=_TIMES,
    until_ns=_TIMES,
)


@pytest.fixture(name="recorder")
def _recorder(database: Database) -> Recorder:
    recorder = Recorder()
    fill(database, recorder, _EVENTS)
    return recorder


def _is_meant(question: Question, event: Event) -> bool:
    target = event.target
    descriptor = target.descriptor
    assert descriptor is not None
    answers_ = [
        (question.digest, descriptor.digest),
        (question.repository, target.repository),
        (question.tag, target.tag),
        (question.kind, target.kind),
        (question.actor, event.actor),
        (question.media_type, descriptor.media_type),
    ]
    return (
        all(asked in {None, actual} for asked, actual in answers_)
        and (not question.actions or event.action in question.actions)
        and (question.since_ns is None or event.timestamp_ns >= question.since_ns)
        and (question.until_ns is None or event.timestamp_ns < question.until_ns)
    )


def _all_pages(
    database: Database, recorder: Recorder, question: Question, limit: int
) -> list[Event]:
    found: list[Event] = []
    before: UUID | None = None
    with database.read() as connection:
        for _ in range(1000):
            page = ask(connection, recorder, question, limit=limit, before=before)
            assert len(page.entries) <= limit
            found += [entry.event for entry in page.entries]
            before = page.next
            if before is None:
                return found
    raise AssertionError("the pages have no end")


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(question=_questions, limit=st.integers(3, 200), window=st.integers(10, 200))
def test_the_pages_together_are_the_whole_answer(
    database: Database,
    recorder: Recorder,
    question: Question,
    limit: int,
    window: int,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "_WINDOW", window)
        found = _all_pages(database, recorder, question, limit)

    meant = [event for event in _EVENTS if _is_meant(question, event)]
    assert found == newest_first(meant)


def test_a_page_passes_over_a_bounded_number_of_rows(
    database: Database, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_WINDOW", 50)
    question = Question(tag="never")

    with database.read() as connection:
        page = ask(connection, recorder, question, limit=10)

    assert page.entries == []
    assert page.next == newest_first(_EVENTS)[49].id


def test_a_question_that_an_index_answers_has_no_window(
    database: Database, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_WINDOW", 1)

    with database.read() as connection:
        page = ask(connection, recorder, Question(repository="team/app-1"), limit=100)

    assert len(page.entries) == 24
    assert page.next is None


def test_events_recorded_after_a_page_do_not_move_the_next(
    database: Database, recorder: Recorder
) -> None:
    with database.read() as connection:
        first = ask(connection, recorder, Question(), limit=10)
    fill(database, recorder, [factories.event()])
    with database.read() as connection:
        second = ask(connection, recorder, Question(), limit=10, before=first.next)

    found = [entry.event for entry in [*first.entries, *second.entries]]
    assert found == newest_first(_EVENTS)[:20]


def test_an_entry_says_when_it_was_written_and_what_became_of_the_tag(
    database: Database, recorder: Recorder
) -> None:
    previous = Digest.of(b"before")
    event = factories.event(tag_change=TagChange.MOVED, previous_digest=previous)
    fill(database, recorder, [event])

    with database.read() as connection:
        entry = get_entry(connection, recorder, event.id)

    assert entry.event == event
    assert entry.recorded_at.timestamp() >= event.timestamp_ns // SECOND_NS


def test_an_unknown_event_is_refused(database: Database, recorder: Recorder) -> None:
    with database.read() as connection, pytest.raises(EventUnknown):
        get_entry(connection, recorder, uuid4())
