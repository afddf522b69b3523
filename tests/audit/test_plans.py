"""How questions are run: what they cost must not grow with the log."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_network
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec import structs

from notifier.audit import walk
from notifier.audit.answers import ask
from notifier.audit.digests import DigestPrefix
from notifier.audit.questions import Question, but, only
from notifier.db import Database, prepared, unsorted
from notifier.db.compiled import open_cursor
from notifier.events.event import Action, Event, Kind, TagChange
from notifier.events.record import Recorder
from notifier.registry.digest import Digest
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill

_EVENTS = 6000
# Everything but the newest half belongs to one repository, digest, actor and address:
# the case in which a planner is tempted to pass over rows in the order of time.
_OLD_DIGEST = Digest.of(b"old")
_NETWORK = ip_network("10.0.0.0/28")
_ADDRESS = ip_network("192.0.2.9")

_Statement = tuple[str, Any]


def _events() -> Iterator[Event]:
    for number in range(_EVENTS):
        old = number < _EVENTS // 2
        event = factories.event(
            Action.PULL if number % 3 else Action.PUSH,
            repository="old/app" if old else f"new/app-{number % 50}",
            tag=f"1.{number % 7}",
            content=b"old" if old else str(number).encode(),
            actor="alice" if old else f"user-{number % 5}",
            tag_change=TagChange.NEW,
            at_ns=DAY_NS + number * SECOND_NS,
        )
        addr = "192.0.2.9" if old else f"10.0.0.{number % 30}"
        yield structs.replace(event, request=structs.replace(event.request, addr=addr))


@pytest.fixture(scope="module", name="database")
def _database(filled_database: Database) -> Database:
    return filled_database


@pytest.fixture(scope="module", name="recorder")
def _recorder(database: Database) -> Recorder:
    recorder = Recorder()
    fill(database, recorder, _events())
    # As PostgreSQL does by itself after a while, and SQLite where somebody asks for it.
    vacuum = "VACUUM " if database.dialect == "postgresql" else ""
    with database.read() as connection:
        connection.execute(sa.text(f"{vacuum}ANALYZE"))
    return recorder


class _Cursor:
    """A cursor that remembers what it has run."""

    def __init__(self, cursor: Any, ran: list[_Statement]) -> None:
        self._cursor = cursor
        self._ran = ran

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, text: str, values: Any) -> None:
        self._ran.append((text, values))
        self._cursor.execute(text, values)


@contextmanager
def _watched(database: Database) -> Iterator[list[_Statement]]:
    """Give a list of all statements that are run."""
    ran: list[_Statement] = []

    def watch(_connection: Any, _cursor: Any, text: str, values: Any, *_: Any) -> None:
        ran.append((text, values))

    sa.event.listen(database.engine, "before_cursor_execute", watch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            prepared, "open_cursor", lambda one: _Cursor(open_cursor(one), ran)
        )
        yield ran
    sa.event.remove(database.engine, "before_cursor_execute", watch)


def _plan(database: Database, connection: sa.Connection, ran: _Statement) -> str:
    text, values = ran
    word = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN"
    cursor = open_cursor(connection)
    cursor.execute(f"{word} {text}", values)
    rows = cursor.fetchall()
    cursor.close()
    return "\n".join(str(row[-1]) for row in rows)


def _indexes(plan: str) -> set[str]:
    """Return the indexes of the log's table that a plan goes along.

    Fails if rows of the table are sorted, or looked for without an index.
    """
    assert "Sort" not in plan, plan
    assert "TEMP B-TREE" not in plan, plan
    assert "Seq Scan on events" not in plan, plan
    assert not re.search(r"SCAN events\b", plan), plan
    found = re.findall(r"\b(ix_events_\w+|pk_events)\b", plan)
    if "SEARCH events USING PRIMARY KEY" in plan:
        found.append("pk_events")
    return set(found)


class _Asker:
    """Asks, and reads the plan of every statement that this takes."""

    def __init__(self, database: Database, recorder: Recorder) -> None:
        self._database = database
        self._recorder = recorder
        self._known: dict[str, set[str]] = {}

    def indexes(self, question: Question) -> set[str]:
        """Return the indexes of the log that a first page has gone along."""
        with self._database.read() as connection:
            with _watched(self._database) as ran:
                ask(connection, self._recorder, question, limit=10)
            with unsorted(connection):
                for one in ran:
                    if one[0] not in self._known:
                        plan = _plan(self._database, connection, one)
                        self._known[one[0]] = _indexes(plan)
        return set().union(*(self._known[text] for text, _ in ran))


_INDEXES: Sequence[tuple[Question, str]] = [
    (Question(digest=_OLD_DIGEST), "digest"),
    (Question(digest=Digest.of(b"5000")), "digest"),
    (Question(digest=DigestPrefix("sha256", _OLD_DIGEST.hex[:12])), "digest"),
    (Question(digest=_OLD_DIGEST, action=only(Action.PUSH)), "digest_change"),
    (Question(repository=only("old/app")), "repository"),
    (Question(repository=only("new/app-7")), "repository"),
    (Question(repository=only("new/app-7", "old/app", "new/*-9")), "repository"),
    (Question(repository=only("new/app-1*", "old/app")), "repository"),
    (
        Question(repository=only("old/app"), action=but(Action.PULL)),
        "repository_change",
    ),
    (Question(visible=("old/*",)), "repository"),
    (
        Question(repository=only("old/app"), since_ns=DAY_NS, until_ns=DAY_NS * 2),
        "repository",
    ),
    (Question(repository=only("old/app"), tag=only("1.0")), "repository"),
    (
        Question(
            repository=only("old/app", "new/app-1"),
            tag=only("1.0", "1.1"),
            action=only(Action.PUSH),
        ),
        "tag",
    ),
    (Question(tag=only("1.0", "1.1"), action=only(Action.PUSH)), "tag_anywhere"),
    (Question(actor=only("alice")), "actor"),
    (Question(actor=only("alice", "user-1")), "actor"),
    (Question(actor=only("alice"), action=only(Action.PUSH)), "actor_change"),
    (Question(address=only(_ADDRESS)), "addr"),
    (Question(address=only(_ADDRESS, _NETWORK)), "addr"),
    (Question(address=only(_NETWORK), action=but(Action.PULL)), "addr_change"),
    (Question(action=only(Action.PUSH)), "action"),
    (Question(action=but(Action.PULL)), "action"),
]
_BY_TIME: Sequence[Question] = [
    Question(),
    Question(since_ns=DAY_NS, action=only(Action.PULL)),
    Question(repository=but("old/app")),
    Question(actor=but("alice"), address=but(_NETWORK)),
    Question(tag=only("1.0")),
    Question(useragent=only("docker/*"), kind=only(Kind.BLOB)),
]


def test_a_question_goes_along_an_index(
    database: Database, recorder: Recorder, subtests: pytest.Subtests
) -> None:
    asker = _Asker(database, recorder)
    for asked, index in _INDEXES:
        for oldest_first in (False, True):
            question = replace(asked, oldest_first=oldest_first)
            with subtests.test(question=question):
                assert f"ix_events_{index}" in asker.indexes(question)


def test_who_pulled_a_tag_is_found_without_the_rows_of_others(
    database: Database, recorder: Recorder
) -> None:
    question = Question(
        repository=only("old/app"), tag=only("1.0"), action=only(Action.PULL)
    )
    alone = {
        "sqlite": "COVERING INDEX",
        "postgresql": "Index Only Scan Backward using",
    }

    with database.read() as connection:
        with _watched(database) as ran:
            ask(connection, recorder, question, limit=10)
        with unsorted(connection):
            plans = [_plan(database, connection, one) for one in ran]

    wanted = f"{alone[database.dialect]} ix_events_repository"
    assert any(wanted in plan for plan in plans)


def test_a_question_that_no_index_answers_goes_along_time(
    database: Database, recorder: Recorder, subtests: pytest.Subtests
) -> None:
    asker = _Asker(database, recorder)
    for asked in _BY_TIME:
        for oldest_first in (False, True):
            question = replace(asked, oldest_first=oldest_first)
            with subtests.test(question=question):
                assert asker.indexes(question) == {"pk_events"}


_FILTERS: dict[str, Sequence[Any]] = {
    "digest": (_OLD_DIGEST,),
    "repository": (only("old/app", "new/app-*"), but("new/**")),
    "tag": (only("1.0", "1.1"),),
    "action": (only(Action.PUSH, Action.DELETE), but(Action.PULL)),
    "actor": (only("alice", "user-1"),),
    "address": (only(_ADDRESS, _NETWORK), but(_NETWORK)),
}
# What no index has: with each second combination of the others, it is asked, too.
_MORE: dict[str, Any] = {
    "tag": but("1.2"),
    "actor": but("user-2"),
    "kind": only(Kind.MANIFEST),
    "media_type": but("application/x"),
    "tag_change": only(TagChange.NEW, TagChange.MOVED),
    "useragent": only("docker/*"),
    "since_ns": DAY_NS,
    "until_ns": DAY_NS * 2,
}


@pytest.mark.unmeasured
def test_every_combination_goes_along_indexes_and_sorts_nothing(
    database: Database, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of each way there is more than is looked at.
    monkeypatch.setattr(walk, "_LOOK", 16)
    asker = _Asker(database, recorder)
    choices = [(None, *some) for some in _FILTERS.values()]
    for number, combination in enumerate(product(*choices)):
        filters = {
            name: choice
            for name, choice in zip(_FILTERS, combination, strict=True)
            if choice is not None
        }
        more = _MORE if number % 2 else {}
        question = Question(**(more | filters), oldest_first=number % 4 > 1)

        assert asker.indexes(question)


def test_what_the_log_has_never_seen_is_not_looked_for(
    database: Database, recorder: Recorder, subtests: pytest.Subtests
) -> None:
    asker = _Asker(database, recorder)
    for question in (
        Question(repository=only("nobody/knows")),
        Question(repository=only("nobody/*")),
        Question(actor=only("nobody")),
        Question(media_type=only("application/unknown")),
        Question(digest=Digest.of(b"old"), actor=only("nobody")),
        Question(digest=DigestPrefix(None, "0" * 20)),
        Question(useragent=only("none")),
        Question(useragent=only("none/*")),
        Question(visible=()),
        Question(action=but(*Action)),
    ):
        with subtests.test(question=question):
            assert asker.indexes(question) == set()
