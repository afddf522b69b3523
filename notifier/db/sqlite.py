"""SQLite: many readers, one writer at a time, in order of their coming.

SQLite's own busy handler polls and starves: with several processes that write, a
commit was seen to wait 426 ms where it takes 10 ms behind a lock of the operating
system. So a writer holds two locks first: one among the threads of its process, with
a time limit, and one on a file beside the database, among processes.
"""

import fcntl
import os
import sqlite3
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from notifier.db.checkpoints import Checkpoints

MAP = "PRAGMA mmap_size=268435456"

_LOCK_TIMEOUT_S = 10.0
# The lower byte of an extended result code.
_PRIMARY = 0xFF
_PRAGMAS: tuple[str, ...] = (
    "PRAGMA journal_mode=WAL",
    # A commit is on the disk before it is answered for.
    "PRAGMA synchronous=FULL",
    # By then, commits move it themselves: see `checkpoints`.
    "PRAGMA wal_autocheckpoint=16000",
    "PRAGMA busy_timeout=10000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-16000",
    MAP,
    "PRAGMA temp_store=MEMORY",
)


# The driver looks for a way to adapt each value that is neither a number nor a text,
# which takes it longer than anything else it does with one.
sqlite3.register_adapter(bytes, bytes)
sqlite3.register_adapter(type(None), {}.get)  # type: ignore[arg-type]  # it gives None for None


class WriteLockTimeout(Exception):
    """Other threads kept the database busy for too long."""


class _Thread:
    """Lives as long as the thread that keeps it."""


class _LockFile:
    """An open file, to be locked; it is closed when nobody has it any more."""

    def __init__(self, path: Path) -> None:
        self.process = os.getpid()
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self.descriptor = os.open(path, flags, 0o600)

    def __del__(self) -> None:
        # If it could not be opened, there is nothing to close.
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)


class SQLite:
    """A SQLite file. Each thread keeps one connection of its own.

    A thread that ends does not close its connection, the next that opens one does:
    Python before 3.12.4 crashes when a thread that it did not start (the web server's)
    closes a connection while it ends, see https://github.com/python/cpython/issues/119585.
    """

    def __init__(self, url: sa.URL) -> None:
        path = Path(url.database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock_path = path.with_name(path.name + ".lock")
        self._lock: _LockFile | None = None
        self._threads = threading.Lock()
        self._kept = threading.local()
        # Held here too, so that the end of a thread is not the end of its connection.
        self._connections: dict[weakref.ref[_Thread], sa.Connection] = {}
        self._ended: deque[weakref.ref[_Thread]] = deque()
        self.engine = sa.create_engine(
            url,
            poolclass=NullPool,
            # They may be digests of passwords and tokens.
            hide_parameters=True,
            # BEGIN and COMMIT are written here, not guessed by the driver.
            isolation_level="AUTOCOMMIT",
            connect_args={"check_same_thread": False, "cached_statements": 256},
        )
        sa.event.listen(self.engine, "connect", _configure)
        self.unavailable = (sqlite3.OperationalError, WriteLockTimeout)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Lend this thread's connection."""
        yield self._connection()

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Lend this thread's connection, within one transaction."""
        connection = self._connection()
        if not self._threads.acquire(timeout=_LOCK_TIMEOUT_S):
            raise WriteLockTimeout("the database is busy")
        # One context, and not several within each other: all others wait for it.
        try:
            descriptor = self._lock_descriptor()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            try:
                driver = _driver(connection)
                driver.execute("BEGIN IMMEDIATE")
                yield connection
                driver.execute("COMMIT")
            except BaseException as error:
                self._roll_back(connection)
                if _code(getattr(error, "orig", error)) == sqlite3.SQLITE_READONLY:
                    # It was opened while nobody could write, and would stay so.
                    self.close()
                raise
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def leave(self) -> None:
        """Close this thread's connection."""
        self.close()

    def close(self) -> None:
        """Close this thread's connection, and those of the threads that have ended."""
        if hasattr(self._kept, "connection"):
            self._kept.connection.close()
            del self._kept.connection, self._kept.thread
        self._close_ended()

    def tend(self, stopping: threading.Event) -> None:
        """Look after the file until *stopping* is set."""
        Checkpoints(self._path).run(stopping)

    def is_refusal(self, _error: BaseException) -> bool:
        """Tell whether it is what was asked that cannot be: the driver knows."""
        return False

    def is_full(self, error: BaseException) -> bool:
        """Tell whether the disk is full."""
        return _code(error) == sqlite3.SQLITE_FULL

    def _connection(self) -> sa.Connection:
        connection: sa.Connection | None = getattr(self._kept, "connection", None)
        if connection is None or connection.closed or connection.invalidated:
            self._close_ended()
            connection = self._kept.connection = self.engine.connect()
            thread = self._kept.thread = _Thread()
            # A method written in C: no code of Python's runs in a thread that ends.
            self._connections[weakref.ref(thread, self._ended.append)] = connection
        return connection

    def _close_ended(self) -> None:
        # Until it is empty, whoever else takes from it: many threads may come at once.
        with suppress(IndexError):
            while True:
                self._connections.pop(self._ended.popleft()).close()

    def _roll_back(self, connection: sa.Connection) -> None:
        try:
            _driver(connection).execute("ROLLBACK")
        except sqlite3.Error:
            # It has not begun, or SQLite has rolled back by itself, as it does when
            # the disk is full.
            self.close()

    def _lock_descriptor(self) -> int:
        """Return the file of the lock, opened by this very process.

        What a fork has of its parent is the same lock as its parent's.
        """
        if self._lock is None or self._lock.process != os.getpid():
            self._lock = _LockFile(self._lock_path)
        return self._lock.descriptor


def _driver(connection: sa.Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - no other driver
    return driver


def _code(error: BaseException) -> int | None:
    """Return SQLite's code for an error of its own, without its details."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code and code & _PRIMARY


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)
