"""What is answered: exactly what was asked, in order, in pages without a seam."""

import random
from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from notifier.audit import walk
from notifier.audit.answers import EventUnknown, ask, get_entry
from notifier.audit.digests import DigestAmbiguous, DigestPrefix
from notifier.audit.picking import pick
from notifier.audit.questions import Choice, Question, but, only
from notifier.db import Database
from notifier.events.event import Action, Event, Kind, TagChange, Target
from notifier.events.record import Recorder
from notifier.globs import matches
from notifier.ids import uuid7
from notifier.registry.digest import Digest
from notifier.registry.repositories import EVERYTHING
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill, newest_first

_COUNT = 240
_REPOSITORIES = [
    *("team/app", "team/web/front", "team/web", "prod/app", "prod/db/main"),
    *(f"many/app-{number}" for number in range(70)),
]
_TAGS = [None, "1.0", "latest"]
_ACTORS = [None, "alice", "bob", "!eve"]
_MEDIA_TYPES = ["application/x", "application/y"]
_PROGRAMS = ["docker/27.3.1 go/go1.22", "docker/26.0", "skopeo/1.4", "!odd*", ""]
_ADDRESSES = [
    *("192.0.2.1:40000", "192.0.2.1", "192.0.2.77", "10.1.2.3", "not-an-address"),
    *("2001:db8::1", "[2001:db8::2]:40000", "2001:db9::1", "::ffff:192.0.2.1"),
    *(f"10.9.0.{number}" for number in range(70)),
]
_NETWORKS = [
    *("192.0.2.1", "192.0.2.0/24", "10.0.0.0/8", "10.9.0.0/26", "0.0.0.0/0"),
    *("2001:db8::/32", "2001:db8::1", "::/0", "198.51.100.0/24"),
]


def _log() -> list[Event]:
    """Make events of all kinds: what each has is drawn by itself."""
    rng = random.Random(1)  # noqa: S311 - the same each time
    events = []
    for number in range(_COUNT):
        action = rng.choice(list(Action)[:4])
        event = factories.event(
            action,
            kind=rng.choice(list(Kind)),
            repository=rng.choice(_REPOSITORIES),
            tag=rng.choice(_TAGS),
            content=str(rng.randrange(7)).encode(),
            media_type=rng.choice(_MEDIA_TYPES),
            actor=rng.choice(_ACTORS),
            tag_change=rng.choice([None, *TagChange]),
            at_ns=DAY_NS + number * SECOND_NS,
        )
        request = replace(
            event.request,
            addr=rng.choice(_ADDRESSES),
            useragent=rng.choice(_PROGRAMS),
        )
        if number % 20 == 0:
            # An operational event: it has no target.
            event = replace(
                event,
                action=Action.DENIED,
                target=Target(kind=None, repository=None),
                tag_change=None,
            )
        events.append(replace(event, request=request))
    return events


_EVENTS = _log()


def _choices(
    values: Sequence[Any], others: Sequence[Any] = ()
) -> st.SearchStrategy[Any]:
    """Draw choices, most of them of nothing."""
    some = st.lists(st.sampled_from([*values, *others]), max_size=3, unique=True)
    drawn = st.builds(Choice, some.map(tuple), some.map(tuple))
    return st.one_of(
        *[st.just(Choice())] * 5, drawn, some.map(lambda drawn: only(*drawn))
    )


_TIMES = st.none() | st.integers(-5, _COUNT + 5).map(lambda s: DAY_NS + s * SECOND_NS)
_DIGESTS = st.integers(0, 8).map(lambda number: Digest.of(str(number).encode()))

_questions = st.builds(
    Question,
    digest=st.none()
    | _DIGESTS
    | _DIGESTS.map(lambda digest: DigestPrefix(None, digest.hex[:15])),
    repository=_choices(
        _REPOSITORIES[:8], ["team/**", "team/*", "**/app", "many/**", "no/*", "none"]
    ),
    tag=_choices(["1.0", "latest", "none"]),
    tag_change=_choices(list(TagChange)),
    action=_choices(list(Action)[:5], [Action.DENIED]),
    kind=_choices(list(Kind)),
    actor=_choices(["alice", "bob", "!eve", "nobody"]),
    media_type=_choices([*_MEDIA_TYPES, "application/none"]),
    address=_choices([ip_network(network) for network in _NETWORKS]),
    useragent=_choices(
        [*_PROGRAMS[:4], "docker/*", "*go*", "*/1.*", "skopeo", "docker/*docker/*"]
    ),
    since_ns=_TIMES,
    until_ns=_TIMES,
    oldest_first=st.booleans(),
    visible=st.sampled_from(
        [EVERYTHING, EVERYTHING, ("team/**",), ("many/*", "prod/app")]
    ),
)


@pytest.fixture(name="recorder")
def _recorder(database: Database) -> Recorder:
    recorder = Recorder()
    fill(database, recorder, _EVENTS)
    return recorder


def _is_chosen(
    choice: Choice[Any], actual: Any, fits: Callable[[Any, Any], bool]
) -> bool:
    """Say it as plainly as possible."""
    if actual is None:
        return not choice.any_of
    return (not choice.any_of or any(fits(one, actual) for one in choice.any_of)) and (
        not any(fits(one, actual) for one in choice.none_of)
    )


def _equals(asked: Any, actual: Any) -> bool:
    return bool(asked == actual)


def _lies_in(network: Any, addr: str) -> bool:
    host = addr[1:].partition("]")[0] if addr.startswith("[") else addr
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return ip_address(host) in network
    except ValueError:
        return False


def _calls_itself(pattern: str, program: str) -> bool:
    # With other characters than slashes between its parts, a name is one component.
    return matches(pattern.replace("/", "\0"), program.replace("/", "\0"))


def _is_meant(question: Question, event: Event) -> bool:
    target, request = event.target, event.request
    descriptor = target.descriptor
    digest = descriptor.digest if descriptor else None
    if isinstance(question.digest, DigestPrefix):
        has_digest = digest is not None and digest.hex.startswith(question.digest.hex)
    else:
        has_digest = question.digest in {None, digest}
    is_seen = question.visible == EVERYTHING or (
        target.repository is not None
        and any(matches(glob, target.repository) for glob in question.visible)
    )
    at_ns = event.timestamp_ns
    return (
        has_digest
        and is_seen
        and (question.since_ns is None or at_ns >= question.since_ns)
        and (question.until_ns is None or at_ns < question.until_ns)
        and _is_chosen(question.repository, target.repository, matches)
        and _is_chosen(question.tag, target.tag, _equals)
        and _is_chosen(question.tag_change, event.tag_change, _equals)
        and _is_chosen(question.action, event.action, _equals)
        and _is_chosen(question.kind, target.kind, _equals)
        and _is_chosen(question.actor, event.actor, _equals)
        and _is_chosen(
            question.media_type, descriptor and descriptor.media_type, _equals
        )
        and _is_chosen(question.address, request.addr, _lies_in)
        and _is_chosen(question.useragent, request.useragent, _calls_itself)
    )


def _all_pages(
    database: Database, recorder: Recorder, question: Question, limit: int
) -> list[Event]:
    found: list[Event] = []
    after: UUID | None = None
    with database.read() as connection:
        for _ in range(1000):
            page = ask(connection, recorder, question, limit=limit, after=after)
            assert len(page.entries) <= limit
            found += [entry.event for entry in page.entries]
            after = page.next
            if after is None:
                return found
    raise AssertionError("the pages have no end")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    question=_questions,
    limit=st.integers(3, 200),
    look=st.sampled_from([4, 16, 64, 256]),
)
def test_the_pages_together_are_the_whole_answer(
    database: Database, recorder: Recorder, question: Question, limit: int, look: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walk, "_LOOK", look)
        found = _all_pages(database, recorder, question, limit)

    meant = newest_first([event for event in _EVENTS if _is_meant(question, event)])
    assert found == (meant[::-1] if question.oldest_first else meant)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=_questions)
def test_of_some_events_those_are_picked_that_a_question_means(
    database: Database, recorder: Recorder, question: Question
) -> None:
    ids = [event.id for event in _EVENTS[::2]]

    with database.read() as connection:
        picked = pick(connection, recorder, question, ids)

    meant = [event for event in _EVENTS[::2] if _is_meant(question, event)]
    assert picked == {event.id for event in meant}


def test_a_page_passes_over_a_bounded_number_of_rows(
    database: Database, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_LOOK", 4)
    question = Question(media_type=only("application/x"), kind=but(*Kind))

    with database.read() as connection:
        page = ask(connection, recorder, question, limit=1)

    assert page.entries == []
    assert page.next == newest_first(_EVENTS)[4 * 12 - 1].id


def test_a_question_that_an_index_answers_is_answered_at_once(
    database: Database, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_LOOK", 1)
    question = Question(repository=only("team/app"))

    with database.read() as connection:
        page = ask(connection, recorder, question, limit=100)

    meant = [event for event in _EVENTS if event.target.repository == "team/app"]
    assert [entry.event for entry in page.entries] == newest_first(meant)
    assert page.next is None


def test_events_recorded_after_a_page_do_not_move_the_next(
    database: Database, recorder: Recorder
) -> None:
    with database.read() as connection:
        first = ask(connection, recorder, Question(), limit=10)
    fill(database, recorder, [factories.event()])
    with database.read() as connection:
        second = ask(connection, recorder, Question(), limit=10, after=first.next)

    found = [entry.event for entry in [*first.entries, *second.entries]]
    assert found == newest_first(_EVENTS)[:20]


def test_with_the_oldest_first_the_next_page_has_what_was_recorded_since(
    database: Database, recorder: Recorder
) -> None:
    question = Question(oldest_first=True)
    late = factories.event()
    with database.read() as connection:
        first = ask(connection, recorder, question, limit=_COUNT - 1)
    fill(database, recorder, [late])
    with database.read() as connection:
        second = ask(connection, recorder, question, limit=10, after=first.next)

    oldest_first = sorted([*_EVENTS, late], key=lambda event: event.id)
    found = [entry.event for entry in [*first.entries, *second.entries]]
    assert found == oldest_first


def test_no_event_comes_after_the_last_that_could_be(
    database: Database, recorder: Recorder
) -> None:
    question = Question(oldest_first=True)

    with database.read() as connection:
        page = ask(connection, recorder, question, limit=10, after=UUID(int=2**128 - 1))

    assert page.entries == []
    assert page.next is None


_TWINS = [Digest("sha256:" + "ab" * 6 + digit * 52) for digit in "01"]


@pytest.fixture(name="twins")
def _twins(database: Database, recorder: Recorder) -> list[Event]:
    """Record two digests that begin alike, in different repositories."""
    events = []
    for digest, repository in zip(_TWINS, ("team/app", "prod/app"), strict=True):
        event = factories.event(repository=repository)
        descriptor = event.target.descriptor
        assert descriptor is not None
        target = replace(event.target, descriptor=replace(descriptor, digest=digest))
        events.append(replace(event, id=uuid7(), target=target))
    fill(database, recorder, events)
    return events


@pytest.mark.usefixtures("twins")
def test_a_beginning_of_several_digests_is_refused_and_names_them(
    database: Database, recorder: Recorder
) -> None:
    question = Question(digest=DigestPrefix("sha256", "ab" * 6))

    with database.read() as connection, pytest.raises(DigestAmbiguous) as refused:
        ask(connection, recorder, question, limit=10)

    assert all(digest in str(refused.value) for digest in _TWINS)


def test_what_somebody_may_not_see_is_no_other_digest(
    database: Database, recorder: Recorder, twins: list[Event]
) -> None:
    question = Question(digest=DigestPrefix(None, "ab" * 6), visible=("prod/**",))

    with database.read() as connection:
        page = ask(connection, recorder, question, limit=10)

    assert [entry.event.id for entry in page.entries] == [twins[1].id]


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
