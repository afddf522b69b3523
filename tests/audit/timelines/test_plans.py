"""How timelines are read: what that costs must not grow with the log."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from notifier.audit.timelines import (
    digest_changes,
    digest_deliveries,
    digests,
    tag_changes,
)
from notifier.audit.timelines.digest_order import FIRST, LAST
from notifier.db import Database
from notifier.events.event import Action, Event
from notifier.events.record import Recorder
from notifier.registry.digest import Digest
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill

_EVENTS = 6000


class _Explain(sa.Executable, sa.ClauseElement):
    inherit_cache = False

    def __init__(self, statement: sa.ClauseElement) -> None:
        self.statement = statement


@compiles(_Explain)
def _compile_explain(element: _Explain, compiler: SQLCompiler, **more: Any) -> str:
    words = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}
    statement = compiler.process(element.statement, **more)
    # A plan has columns of its own.
    compiler._result_columns.clear()
    return f"{words[compiler.dialect.name]} {statement}"


@pytest.fixture(scope="module", name="database")
def _database(filled_database: Database) -> Database:
    return filled_database


@pytest.fixture(scope="module", name="numbers")
def _numbers(database: Database) -> Mapping[str, Any]:
    """Fill a log whose older half is of one digest and one tag, and mostly pulls."""
    recorder = Recorder()
    fill(database, recorder, _events())
    with database.read() as connection:
        connection.execute(sa.text("ANALYZE"))
        digest = recorder.digests.find(connection, Digest.of(b"old"))
        repository = recorder.repositories.find(connection, "old/app")
    return {"digest_id": digest, "repository_id": repository, "tag": "1.0"}


def _events() -> Iterator[Event]:
    for number in range(_EVENTS):
        old = number < _EVENTS // 2
        yield factories.event(
            Action.PULL if number % 10 else Action.PUSH,
            repository="old/app" if old else f"new/app-{number % 50}",
            tag="1.0" if number % 3 else "2.0",
            content=b"old" if old else str(number).encode(),
            at_ns=DAY_NS + number * SECOND_NS,
        )


@pytest.mark.parametrize(
    ("statement", "index", "more"),
    [
        (tag_changes._BEFORE._statement, "tag", {"limit": 10}),
        (tag_changes._END._statement, "tag", {}),
        (digest_changes._CHANGES, "digest_change", {}),
        (digests._NEWEST, "digest", {}),
        (sa.select(digest_deliveries._EVENTS), "digest_change", {}),
    ],
)
def test_a_timeline_is_read_along_one_index(
    database: Database,
    numbers: Mapping[str, Any],
    statement: sa.ClauseElement,
    index: str,
    more: Mapping[str, Any],
) -> None:
    with database.transaction() as transaction:
        if database.dialect == "postgresql":
            # Few rows are sorted sooner than read in order. Here it is asked whether
            # they can be, for a log has many.
            transaction.execute(sa.text("SET LOCAL enable_sort = off"))
        rows = transaction.execute(
            _Explain(statement), {**numbers, "low": FIRST, "high": LAST, **more}
        ).all()
    plan = "\n".join(str(row) for row in rows)

    assert re.search(rf"ix_events_{index}\b(?!_)", plan), plan
    assert "SCAN events" not in plan
    assert "Seq Scan on events" not in plan
    assert "Sort" not in plan, plan
    assert "TEMP B-TREE" not in plan
