"""SQLite: its write lock, and a full disk."""

import multiprocessing
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from notifier.db import (
    Base,
    Database,
    DatabaseFull,
    DatabaseUnavailable,
    Text,
    sqlite,
)

_ROUNDS = 20


@pytest.fixture(name="url")
def _url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/notifier.db"


@pytest.fixture(name="database")
def _database(url: str) -> Iterator[Database]:
    database = Database(url)
    Base.metadata.create_all(database.engine, [Base.metadata.tables["texts"]])
    yield database
    database.close()


def count(url: str) -> None:
    """Read a number and write its successor, many times."""
    database = Database(url)
    for _ in range(_ROUNDS):
        with database.transaction() as transaction:
            number = transaction.connection.scalar(sa.select(Text.text))
            transaction.execute(sa.update(Text).values(text=str(int(number or "") + 1)))
    database.close()


def test_processes_change_the_file_one_after_the_other(
    database: Database, url: str
) -> None:
    with database.transaction() as transaction:
        transaction.execute(sa.insert(Text), {"text": "0"})
    spawn = multiprocessing.get_context("spawn")

    processes = [spawn.Process(target=count, args=(url,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0]
    with database.read() as connection:
        assert connection.scalar(sa.select(Text.text)) == str(2 * _ROUNDS)


def test_a_commit_is_on_the_disk_and_keys_are_checked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # But for what tests add.
    monkeypatch.setattr(sqlite, "_PRAGMAS", sqlite._PRAGMAS[:-1])
    with database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_the_connection_of_a_thread_that_ended_is_closed_by_the_next_thread(
    database: Database,
) -> None:
    connections = []

    def look() -> None:
        with database.read() as connection:
            connections.append(connection)

    def run() -> None:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    run()
    assert not connections[0].closed

    run()
    assert [connection.closed for connection in connections] == [True, False]


def test_threads_that_come_at_once_share_the_closing_of_what_was_left(
    database: Database,
) -> None:
    failures = []

    def look(together: threading.Barrier) -> None:
        together.wait()
        try:
            with database.read():
                pass
        except BaseException as failure:  # noqa: BLE001 - whatever it is
            failures.append(failure)
        together.wait()

    interval = sys.getswitchinterval()
    # As often as can be, so that they get into each other's way.
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            together = threading.Barrier(16)
            threads = [
                threading.Thread(target=look, args=(together,)) for _ in range(16)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        sys.setswitchinterval(interval)

    assert failures == []


def test_a_thread_keeps_one_connection_and_shares_it_with_no_other(
    database: Database,
) -> None:
    seen = []

    def look() -> None:
        for _ in range(2):
            with database.read() as connection:
                seen.append(id(connection.connection.dbapi_connection))
        database.close()

    look()
    with database.read():
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    assert seen[0] == seen[1]
    assert seen[2] == seen[3]


def test_who_waits_too_long_for_another_thread_is_told_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.db.sqlite._LOCK_TIMEOUT_S", 0.01)
    refusals = []

    def change() -> None:
        try:
            with database.transaction():
                pass
        except DatabaseUnavailable as refusal:
            refusals.append(str(refusal))
        database.close()

    with database.transaction():
        thread = threading.Thread(target=change)
        thread.start()
        thread.join()

    assert refusals == ["the database is busy"]
    with database.transaction() as transaction:
        transaction.execute(sa.insert(Text), {"text": "free again"})


def test_a_program_that_knows_no_lock_of_ours_is_waited_for(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.db.sqlite._PRAGMAS", ("PRAGMA busy_timeout=10",))
    database.close()
    stranger = sqlite3.connect(tmp_path / "notifier.db", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseUnavailable, match="locked"), database.transaction():
        pass
    stranger.execute("ROLLBACK")
    stranger.close()

    with database.transaction() as transaction:
        transaction.execute(sa.insert(Text), {"text": "free again"})


def test_a_full_disk_undoes_the_change_and_the_next_one_works(
    database: Database,
) -> None:
    def change(text: str) -> None:
        with database.transaction() as transaction:
            transaction.execute(sa.insert(Text), {"text": text})

    change("before")
    with database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DatabaseFull, match="full"):
        change("x" * 1_000_000)
    database.close()

    change("after")
    with database.read() as connection:
        assert list(connection.scalars(sa.select(Text.text).order_by(Text.id))) == [
            "before",
            "after",
        ]


def test_a_connection_that_could_not_write_is_replaced(database: Database) -> None:
    def change(text: str, *pragmas: str) -> None:
        with database.transaction() as transaction:
            for pragma in pragmas:
                transaction.connection.exec_driver_sql(pragma)
            transaction.execute(sa.insert(Text), {"text": text})

    with pytest.raises(DatabaseUnavailable, match="readonly"):
        # As if it had been opened while the file was read-only.
        change("before", "PRAGMA query_only=ON")

    change("after")
    with database.read() as connection:
        assert list(connection.scalars(sa.select(Text.text))) == ["after"]


def test_a_change_that_the_database_itself_undid_does_not_stick(
    database: Database,
) -> None:
    def change() -> None:
        with database.transaction() as transaction:
            transaction.connection.exec_driver_sql("ROLLBACK")
            raise LookupError

    with pytest.raises(LookupError):
        change()

    with database.transaction() as transaction:
        transaction.execute(sa.insert(Text), {"text": "one"})
