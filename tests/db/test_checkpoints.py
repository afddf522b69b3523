"""What SQLite has committed is moved out of its log, beside the commits."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from notifier.db import checkpoints
from notifier.db.checkpoints import Checkpoints
from tests.receiver import wait_until

_PAGES = 1500


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


def _fill(connection: sqlite3.Connection, pages: int) -> None:
    connection.execute("BEGIN")
    for _ in range(pages):
        connection.execute("INSERT INTO pages VALUES (zeroblob(4000))")
    connection.execute("COMMIT")


def test_what_is_in_the_log_is_counted(
    path: Path, connection: sqlite3.Connection
) -> None:
    _fill(connection, _PAGES)
    own = Checkpoints(path)

    before = own._waiting()
    connection.execute("PRAGMA wal_checkpoint").fetchall()

    assert before >= _PAGES
    assert own._waiting() == 0


def test_much_is_moved_while_its_writer_goes_on(
    path: Path, connection: sqlite3.Connection
) -> None:
    with _looked_after(path):
        _fill(connection, _PAGES)
        wait_until(lambda: path.stat().st_size > _PAGES * 4096, 10)
        _fill(connection, 1)

    assert connection.execute("SELECT count(*) FROM pages").fetchone() == (_PAGES + 1,)


def test_little_is_left_for_later(path: Path, connection: sqlite3.Connection) -> None:
    with _looked_after(path):
        _fill(connection, 10)
        threading.Event().wait(3 * checkpoints._LOOK_EVERY_S)

    assert Checkpoints(path)._waiting() >= 10


def test_it_stands_by_where_there_is_no_database(path: Path) -> None:
    with _looked_after(path):
        threading.Event().wait(3 * checkpoints._LOOK_EVERY_S)

    assert Checkpoints(path)._waiting() == 0


def test_it_goes_on_when_the_database_can_be_read_again(
    path: Path, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_RETRY_S", 0.01)
    whole = path.read_bytes()
    failures = [sqlite3.OperationalError("disk I/O error")]
    connect = sqlite3.connect

    def failing(*arguments: object, **options: object) -> sqlite3.Connection:
        if failures:
            raise failures.pop()
        return connect(*arguments, **options)  # type: ignore[call-overload, no-any-return]  # whatever it is given

    monkeypatch.setattr(sqlite3, "connect", failing)
    with _looked_after(path):
        _fill(connection, _PAGES)
        wait_until(lambda: path.stat().st_size > len(whole) + _PAGES * 4000, 10)
