"""PostgreSQL: a pool of connections, many writers at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

_POOL_SIZE = 10
_OVERFLOW = 20
_CONNECT_TIMEOUT_S = 5
_POOL_TIMEOUT_S = 10
_DISK_FULL = "53100"
# Of a limit of PostgreSQL's own: the driver counts that among operational errors.
_TOO_MUCH = "54"
# The server is shut down or starts, an administrator ends the connection, or it is one
# to a server that takes no changes, as after a failover.
_USELESS = ("57P", "25006")
# Of these, SQLAlchemy makes its own errors.
_UNAVAILABLE = sa.exc.OperationalError, sa.exc.InternalError
# To compile a statement takes longer than any of ours should run.
_SETTING = "SET jit = off"


class PostgreSQL:
    """A PostgreSQL server, through psycopg 3."""

    def __init__(self, url: sa.URL) -> None:
        self.engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=_POOL_SIZE,
            max_overflow=_OVERFLOW,
            pool_timeout=_POOL_TIMEOUT_S,
            pool_pre_ping=True,
            # They may be digests of passwords and tokens.
            hide_parameters=True,
            connect_args={"connect_timeout": _CONNECT_TIMEOUT_S},
        )
        sa.event.listen(self.engine, "connect", _configure)
        # The driver is loaded by now, as it is nowhere if the database is another.
        driver = self.engine.dialect.loaded_dbapi
        self.unavailable = (
            driver.OperationalError,
            driver.errors.ReadOnlySqlTransaction,
        )
        self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Lend a connection that commits by itself."""
        with self._reader.connect() as connection, self._lost_ones_dropped(connection):
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Lend a connection within one transaction."""
        with self.engine.begin() as connection, self._lost_ones_dropped(connection):
            yield connection

    @contextmanager
    def _lost_ones_dropped(self, connection: sa.Connection) -> Iterator[None]:
        """Drop a connection that is broken: there is nothing left to roll back.

        What runs on the driver's own cursor breaks without the knowledge of SQLAlchemy,
        which would try, and log that it could not. A server that ends a connection says
        so before it does.
        """
        try:
            yield
        except (*self.unavailable, *_UNAVAILABLE) as error:
            is_useless = (_sqlstate(error) or "").startswith(_USELESS)
            if not connection.invalidated and (is_useless or _is_broken(connection)):
                connection.invalidate()
            raise

    def leave(self) -> None:
        """Leave the connections to the other threads."""

    def close(self) -> None:
        """Close the pool."""
        self.engine.dispose()

    def tend(self, _stopping: threading.Event) -> None:
        """Leave it to the server."""

    def is_refusal(self, error: BaseException) -> bool:
        """Tell whether it is what was asked that cannot be, today or tomorrow."""
        return (_sqlstate(error) or "").startswith(_TOO_MUCH)

    def is_full(self, error: BaseException) -> bool:
        """Tell whether the server's disk is full."""
        return _sqlstate(error) == _DISK_FULL


def _is_broken(connection: sa.Connection) -> bool:
    """Tell whether nothing more can be asked of the driver's connection.

    Of one that was cut in a pipeline of statements, it may as yet not be known.
    """
    driver: Any = connection.connection.driver_connection
    return bool(driver.closed or driver.pgconn.pipeline_status)


def _sqlstate(error: BaseException) -> str | None:
    state: str | None = getattr(getattr(error, "orig", error), "sqlstate", None)
    return state


def _configure(connection: Any, _record: object) -> None:
    connection.execute(_SETTING)
    connection.commit()
