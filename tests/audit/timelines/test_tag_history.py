"""The history of a tag, held against a model that looks at every event."""

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.audit.cursor import CursorInvalid
from notifier.audit.timelines import tag_history
from notifier.audit.timelines.errors import RepositoryUnknown
from notifier.audit.timelines.spans import Span
from notifier.audit.timelines.tag_history import TagHistory
from notifier.db import Database
from notifier.events.event import Action, Event
from notifier.events.record import Recorder
from notifier.registry.digest import Digest
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill

_CONTENTS = [b"a", b"b", b"c"]
_CHANCE = random.Random(1)  # noqa: S311 - nothing to guess


class _Log(NamedTuple):
    """The events of a tag, the oldest first, among those of others."""

    repository: str
    events: Sequence[Event]

    def at(self, at_ns: int) -> Digest | None:
        """Say what the tag pointed to, by all that had happened until then."""
        digest = None
        for event in self.events:
            if event.timestamp_ns <= at_ns:
                content = event.target.descriptor
                is_push = event.action is Action.PUSH
                digest = content.digest if content and is_push else None
        return digest


def _log(
    database: Database,
    recorder: Recorder,
    contents: Sequence[bytes | None],
    chance: random.Random = _CHANCE,
) -> _Log:
    """Record pushes of *contents* by a tag, and its deletes: None."""
    repository = f"team/{uuid4().hex}"
    events = [
        factories.event(
            Action.DELETE if content is None else Action.PUSH,
            repository=repository,
            content=content or b"",
            at_ns=DAY_NS + number * SECOND_NS,
            actor="alice" if number % 2 else None,
        )
        for number, content in enumerate(contents)
    ]
    others = [
        factories.event(
            *((Action.PULL,) if number % 3 else ()),
            repository=repository if number % 2 else "team/app",
            tag="1.0" if number % 3 else "2.0",
            content=b"other",
            at_ns=DAY_NS + number * SECOND_NS + 1000,
        )
        for number in range(len(contents))
    ]
    # What other registries tell may come late.
    fill(database, recorder, chance.sample(events + others, len(events + others)))
    return _Log(repository, events)


def _whole(history: TagHistory, limit: int) -> list[Span]:
    spans, next_ = history.list(limit=limit)
    found = [*spans]
    while next_ is not None:
        spans, next_ = history.list(limit=limit, before=next_)
        found += spans
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([*_CONTENTS, None]), min_size=1, max_size=30),
    st.lists(st.integers(-SECOND_NS, 31 * SECOND_NS), max_size=10),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_a_tag_pointed_at_any_moment_to_what_a_model_says(
    database: Database,
    contents: Sequence[bytes | None],
    moments: Sequence[int],
    limit: int,
    chance: random.Random,
) -> None:
    recorder = Recorder()
    log = _log(database, recorder, contents, chance)

    with database.read() as connection:
        history = TagHistory(connection, recorder, log.repository, "1.0")
        spans = _whole(history, limit)
        found = {
            at_ns: history.find(at_ns)
            for at_ns in [
                *(DAY_NS + moment for moment in moments),
                *(event.timestamp_ns for event in log.events),
            ]
        }

    for at_ns, span in found.items():
        assert (span and span.digest) == log.at(at_ns)
        assert span is None or span in spans
        assert [span] == [each for each in spans if _covers(each, at_ns)] or not span
    for newer, older in pairwise(spans):
        assert older.ended is not None
        assert older.ended.timestamp_ns <= newer.began.timestamp_ns
        # Only a delete lies between two times in which it pointed to the same.
        assert newer.digest != older.digest or older.ended.action is Action.DELETE


def _covers(span: Span, at_ns: int) -> bool:
    return span.began.timestamp_ns <= at_ns and (
        span.ended is None or at_ns < span.ended.timestamp_ns
    )


def test_a_span_says_by_what_it_began_and_ended(database: Database) -> None:
    recorder = Recorder()
    log = _log(database, recorder, [b"a", b"a", b"b", None])

    with database.read() as connection:
        spans, _ = TagHistory(connection, recorder, log.repository, "1.0").list(limit=9)

    first, _, second, last = log.events
    newer, older = spans
    assert older.digest == Digest.of(b"a")
    assert older.began.event_id == first.id
    assert older.began.actor is None
    assert older.ended == newer.began
    assert newer.began.event_id == second.id
    assert newer.ended is not None
    assert newer.ended.event_id == last.id
    assert newer.ended.action is Action.DELETE
    assert newer.ended.actor == "alice"


def test_what_is_pushed_again_many_times_is_told_in_parts(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tag_history, "_WINDOW", 4)
    monkeypatch.setattr(tag_history, "_AT_ONCE", 2)
    recorder = Recorder()
    contents = [b"b", *[b"a"] * 9, None, None, None, None, None, b"c"]
    log = _log(database, recorder, contents)

    with database.read() as connection:
        spans = _whole(TagHistory(connection, recorder, log.repository, "1.0"), 100)

    assert {span.digest for span in spans} == set(map(Digest.of, [b"a", b"b", b"c"]))
    assert 3 < len(spans) <= 6
    for newer, older in pairwise(spans[1:]):
        assert older.ended == newer.began


def test_an_unknown_repository_has_no_tags(database: Database) -> None:
    with database.read() as connection, pytest.raises(RepositoryUnknown):
        TagHistory(connection, Recorder(), "nobody/knows", "1.0")


def test_a_cursor_names_an_event_of_the_tag(database: Database) -> None:
    recorder = Recorder()
    log = _log(database, recorder, [b"a", b"b"])

    with database.read() as connection:
        history = TagHistory(connection, recorder, log.repository, "1.0")
        for cursor in (uuid4(), UUID(int=0)):
            with pytest.raises(CursorInvalid):
                history.list(limit=1, before=cursor)
        known, _ = history.list(limit=1, before=log.events[1].id)

    assert [span.digest for span in known] == [Digest.of(b"a")]
