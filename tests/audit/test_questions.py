"""How questions are run: what they cost must not grow with the log."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from notifier.audit.questions import Question, find_stretch
from notifier.db import Database
from notifier.events.event import Action, Event
from notifier.events.record import Recorder
from notifier.registry.digest import Digest
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill

_EVENTS = 6000
# Everything but the newest half belongs to one repository and one digest: the case in
# which a planner is tempted to pass over rows in the order of time.
_OLD_DIGEST = Digest.of(b"old")
_INDEXES = [
    (Question(digest=_OLD_DIGEST), "ix_events_digest"),
    (Question(digest=Digest.of(b"5000")), "ix_events_digest"),
    (Question(repository="old/app"), "ix_events_repository"),
    (Question(repository="new/app-7"), "ix_events_repository"),
    (Question(digest=_OLD_DIGEST, actions=(Action.PUSH,)), "ix_events_digest"),
    (
        Question(repository="old/app", since_ns=DAY_NS, until_ns=DAY_NS * 2),
        "ix_events_repository",
    ),
    (Question(repository="old/app", tag="1.0"), "ix_events_repository"),
    (Question(), "pk_events"),
    (Question(since_ns=DAY_NS, actions=(Action.PULL,)), "pk_events"),
]


class _Explain(sa.Executable, sa.ClauseElement):
    inherit_cache = False

    def __init__(self, statement: sa.Select[Any]) -> None:
        self.statement = statement


@compiles(_Explain)
def _compile_explain(element: _Explain, compiler: SQLCompiler, **more: Any) -> str:
    words = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}
    statement = compiler.process(element.statement, **more)
    # A plan has columns of its own.
    compiler._result_columns.clear()
    return f"{words[compiler.dialect.name]} {statement}"


@pytest.fixture(name="recorder")
def _recorder(database: Database) -> Recorder:
    recorder = Recorder()
    fill(database, recorder, _events())
    with database.read() as connection:
        connection.execute(sa.text("ANALYZE"))
    return recorder


def _events() -> Iterator[Event]:
    for number in range(_EVENTS):
        old = number < _EVENTS // 2
        yield factories.event(
            Action.PULL if number % 3 else Action.PUSH,
            repository="old/app" if old else f"new/app-{number % 50}",
            content=b"old" if old else str(number).encode(),
            at_ns=DAY_NS + number * SECOND_NS,
        )


def _plan(database: Database, recorder: Recorder, question: Question) -> str:
    with database.read() as connection:
        stretch = find_stretch(connection, recorder, question)
        assert stretch is not None
        rows = connection.execute(_Explain(stretch.entries(11))).all()
    return "\n".join(str(row) for row in rows)


def _uses_only(database: Database, plan: str, index: str) -> bool:
    """Tell whether rows are read along *index*, and neither sorted nor passed over."""
    if database.dialect == "sqlite":
        index = index.replace("pk_events", "PRIMARY KEY")
        searched = f"SEARCH events USING INDEX {index} " in plan
        searched |= f"SEARCH events USING {index} " in plan
        return searched and "SCAN events" not in plan and "TEMP B-TREE" not in plan
    # If no pull is asked for, PostgreSQL finds the index without pulls by itself.
    return (
        re.search(f"Index Scan Backward using {index}(_change)? on events", plan)
        is not None
        and plan.count("Scan") == 1
        and "Sort" not in plan
    )


def test_a_question_goes_along_one_index(
    database: Database, recorder: Recorder, subtests: pytest.Subtests
) -> None:
    for question, index in _INDEXES:
        with subtests.test(question=question):
            plan = _plan(database, recorder, question)

            assert _uses_only(database, plan, index), plan


def test_the_end_of_a_window_is_found_along_the_same_index(
    database: Database, recorder: Recorder, subtests: pytest.Subtests
) -> None:
    for question, index in _INDEXES[:4]:
        with subtests.test(question=question):
            with database.read() as connection:
                stretch = find_stretch(connection, recorder, question)
                assert stretch is not None
                rows = connection.execute(_Explain(stretch.nth(20))).all()
            plan = "\n".join(str(row) for row in rows)

            assert index in plan
            assert "Sort" not in plan
            assert "TEMP B-TREE" not in plan


def test_what_the_log_has_never_seen_is_not_looked_for(
    database: Database, recorder: Recorder, subtests: pytest.Subtests
) -> None:
    for question in (
        Question(repository="nobody/knows"),
        Question(actor="nobody"),
        Question(media_type="application/unknown"),
        Question(digest=Digest.of(b"old"), actor="nobody"),
    ):
        with subtests.test(question=question), database.read() as connection:
            assert find_stretch(connection, recorder, question) is None
