"""One door to the database, whichever of the two it is."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from notifier.db.postgresql import PostgreSQL
from notifier.db.sqlite import SQLite

_UNAVAILABLE = (
    OperationalError,
    InterfaceError,
    sa.exc.TimeoutError,  # of the pool
)


class DatabaseUnavailable(Exception):
    """The database cannot be reached, or is locked. Trying again may help."""


class DatabaseFull(DatabaseUnavailable):
    """The database has no room for more. What was there is unharmed."""


class Transaction:
    """A change in the making, and what is to happen once it is committed."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.execute = connection.execute
        self._callbacks: list[Callable[[], None]] = []

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call *callback* once the change is committed, and not if it is undone.

        It must not raise: the change stands, whatever happens then.
        """
        self._callbacks.append(callback)

    def committed(self) -> None:
        """Run the callbacks, in the order in which they were added."""
        for callback in self._callbacks:
            callback()


class _Backend(Protocol):
    engine: sa.Engine

    @property
    def unavailable(self) -> tuple[type[Exception], ...]:
        """Return what the driver raises where its cursors are used."""

    def read(self) -> AbstractContextManager[sa.Connection]: ...
    def write(self) -> AbstractContextManager[sa.Connection]: ...
    def leave(self) -> None: ...
    def close(self) -> None: ...
    def tend(self, _stopping: threading.Event, /) -> None: ...

    def is_refusal(self, error: BaseException, /) -> bool:
        """Tell whether the driver's *error* is about what was asked."""
        ...

    def is_full(self, error: BaseException) -> bool:
        """Tell whether the driver's *error* is for want of room."""
        ...


class Database:
    """SQLite or PostgreSQL, by URL. Threads may share it; processes may not."""

    def __init__(self, url: str) -> None:
        parsed = sa.make_url(url)
        self._backend: _Backend = (
            SQLite(parsed)
            if parsed.get_backend_name() == "sqlite"
            else PostgreSQL(parsed)
        )
        self.engine = self._backend.engine
        self.dialect = self.engine.dialect.name
        self._unavailable = _UNAVAILABLE + self._backend.unavailable

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Lend a connection outside of any transaction: each statement sees the latest.

        Raises `DatabaseUnavailable`.
        """
        with self._translated_errors(), self._backend.read() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Make one change: all of it when the block ends, nothing if it raises.

        Raises `DatabaseUnavailable`, `DatabaseFull` among it. Keep the block short and
        free of waiting: on SQLite no other change can begin before it ends.
        """
        with self._translated_errors(), self._backend.write() as connection:
            transaction = Transaction(connection)
            yield transaction
        transaction.committed()

    def leave(self) -> None:
        """Close what this thread alone has used; to be called when it ends."""
        self._backend.leave()

    def close(self) -> None:
        """Close this thread's connection and all that are pooled."""
        self._backend.close()

    def tend(self, stopping: threading.Event) -> None:
        """Do beside those who use it what else they would have to wait for.

        It ends when *stopping* is set. One process is enough.
        """
        self._backend.tend(stopping)

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except self._unavailable as error:
            cause = getattr(error, "orig", error)
            if self._backend.is_refusal(cause):
                raise
            is_full = self._backend.is_full(cause)
            kind = DatabaseFull if is_full else DatabaseUnavailable
            raise kind(str(cause)) from error
        except DBAPIError as error:
            if error.connection_invalidated or isinstance(
                error.orig, self._backend.unavailable
            ):
                raise DatabaseUnavailable(str(error.orig)) from error
            raise


def insert(connection: sa.Connection, table: Any) -> Any:
    """Start an INSERT that knows ``on_conflict_do_nothing`` and ``…_do_update``."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
