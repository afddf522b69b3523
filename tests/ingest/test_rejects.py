"""What is kept aside is bounded: in number, in size and in age."""

from datetime import timedelta
from uuid import UUID

import pytest

from notifier.db import Database
from notifier.ids import uuid7
from notifier.ingest import rejects, sources
from notifier.ingest.rejects import Refusal
from tests.ingest import told


def put(database: Database, source_id: UUID, *contents: bytes) -> None:
    """Keep contents aside, each for the same reason."""
    with database.transaction() as transaction:
        rejects.put(
            transaction,
            source_id,
            [Refusal.of("no", content) for content in contents],
        )


def contents(database: Database, source_id: UUID) -> list[str]:
    with database.read() as connection:
        found = rejects.list_rejects(connection, source_id, limit=100)
    return [reject.content for reject in found]


def test_the_oldest_make_room_for_the_newest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejects, "MAX_REJECTS", 3)
    one, other = uuid7(), uuid7()
    put(database, other, b"other")

    for number in range(5):
        put(database, one, str(number).encode())

    assert contents(database, one) == ["4", "3", "2"]
    assert contents(database, other) == ["other"]


def test_what_is_too_old_is_not_shown_and_then_forgotten(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    source_id = uuid7()
    put(database, source_id, b"old")

    monkeypatch.setattr(rejects, "MAX_AGE", timedelta(seconds=-1))
    assert contents(database, source_id) == []
    put(database, source_id, b"new")
    monkeypatch.undo()

    assert contents(database, source_id) == []


def test_texts_are_cut(database: Database) -> None:
    source_id = uuid7()
    long = Refusal.of("n" * 1000, b"x" * 100_000)
    with database.transaction() as transaction:
        rejects.put(transaction, source_id, [long])

    with database.read() as connection:
        [reject] = rejects.list_rejects(connection, source_id, limit=10)
    assert (len(reject.reason), len(reject.content)) == (500, 4096)
    assert reject.size == 100_000


def test_they_come_in_pages(database: Database) -> None:
    source_id = uuid7()
    put(database, source_id, b"a", b"b", b"c")

    with database.read() as connection:
        page = rejects.list_rejects(connection, source_id, limit=2)
        rest = rejects.list_rejects(connection, source_id, limit=2, before=page[-1].id)
    assert [reject.content for reject in (*page, *rest)] == ["c", "b", "a"]


def test_they_go_with_their_source(database: Database) -> None:
    source = told.source(database)
    put(database, source.id, b"a")

    with database.transaction() as transaction:
        sources.remove(transaction, source.id)

    assert contents(database, source.id) == []
