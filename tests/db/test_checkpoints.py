"""What SQLite has committed is moved out of its log, beside the commits."""

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from notifier.db import checkpoints
from notifier.db.checkpoints import Checkpoints
from tests.receiver import wait_until

_PAGES = 50
_WRITE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
"""


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


@pytest.fixture(name="connection")
def _connection(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection that moves nothing by itself."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("CREATE TABLE pages (content BLOB)")
        yield connection


@contextmanager
def _looked_after(path: Path) -> Iterator[None]:
    stopping = threading.Event()
    thread = threading.Thread(target=Checkpoints(path).run, args=(stopping,))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(10)
        assert not thread.is_alive()


def _fill(connection: sqlite3.Connection, pages: int = _PAGES) -> None:
    connection.execute("BEGIN")
    for _ in range(pages):
        connection.execute("INSERT INTO pages VALUES (zeroblob(4000))")
    connection.execute("COMMIT")


def test_without_it_nothing_is_moved(
    path: Path, connection: sqlite3.Connection
) -> None:
    _fill(connection)
    time.sleep(2 * checkpoints._EVERY_S)

    assert path.stat().st_size < _PAGES * 4000


def test_what_is_committed_is_moved_while_its_writer_goes_on(
    path: Path, connection: sqlite3.Connection
) -> None:
    with _looked_after(path):
        for round_ in (1, 2):
            _fill(connection)
            wait_until(lambda: path.stat().st_size > round_ * _PAGES * 4000, 10)  # noqa: B023 - it is called here

    found = connection.execute("SELECT count(*) FROM pages").fetchone()
    assert found == (2 * _PAGES,)


def test_it_does_not_disturb_the_locks_of_its_process(
    path: Path, connection: sqlite3.Connection
) -> None:
    with _looked_after(path):
        _fill(connection)
        wait_until(lambda: path.stat().st_size > _PAGES * 4000, 10)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO pages VALUES (NULL)")
        time.sleep(3 * checkpoints._EVERY_S)
        other = subprocess.run(
            [sys.executable, "-c", _WRITE, str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        connection.execute("COMMIT")

    assert "database is locked" in other.stderr


def test_it_goes_on_when_the_database_can_be_read_again(
    path: Path, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_RETRY_S", 0.01)
    failures = [sqlite3.OperationalError("disk I/O error")]
    connect = sqlite3.connect

    def failing(*arguments: object, **options: object) -> sqlite3.Connection:
        if failures:
            raise failures.pop()
        return connect(*arguments, **options)  # type: ignore[call-overload, no-any-return]  # whatever it is given

    monkeypatch.setattr(sqlite3, "connect", failing)
    with _looked_after(path):
        _fill(connection)
        wait_until(lambda: path.stat().st_size > _PAGES * 4000, 10)

    assert failures == []
