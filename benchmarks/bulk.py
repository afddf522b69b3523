"""Many rows at once, each as the log writes it: by COPY, or in large transactions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Final

import psycopg

from notifier.audit.timelines.counting import Counting
from notifier.db import Database, PreparedRows, Transaction
from notifier.events import uncounted
from notifier.events.event import Event
from notifier.events.lines import Recorded
from notifier.events.record import Recorder
from notifier.events.rows import picker
from notifier.events.tables import EventRow

_AT_ONCE: Final = 50_000

# A log that is lost can be made again. What its indexes do not find in this much memory
# they read from the file, at each row.
_LOADING: Final = ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-2000000")
_SERVING: Final = ("PRAGMA wal_checkpoint(TRUNCATE)", "ANALYZE")

_ROWS: Final = PreparedRows(EventRow.id)
_COUNTED: Final = picker(uncounted.COLUMNS)

_Put = Callable[[Transaction, Sequence[Event]], None]


def load(database: Database, events: Iterable[Event]) -> Iterator[int]:
    """Record *events*; yield how many more there are, each time that some are."""
    recorder = Recorder()
    counting = Counting(database, recorder)
    put = _copy(recorder) if database.dialect == "postgresql" else _insert(recorder)
    coming = iter(events)
    with _loading(database):
        while batch := list(islice(coming, _AT_ONCE)):
            with database.transaction() as transaction:
                put(transaction, batch)
            counting.work()
            yield len(batch)


@contextmanager
def _loading(database: Database) -> Iterator[None]:
    """Be quick and careless meanwhile, and let the database know what it has after."""
    if database.dialect == "sqlite":
        with database.read() as connection:
            for statement in _LOADING:
                connection.exec_driver_sql(statement)
    yield
    with database.read() as connection:
        # In the words of PostgreSQL it also finds out what all transactions can see.
        words = _SERVING if database.dialect == "sqlite" else ("VACUUM ANALYZE",)
        for statement in words:
            connection.exec_driver_sql(statement)
    database.leave()


def _insert(recorder: Recorder) -> _Put:
    def put(transaction: Transaction, events: Sequence[Event]) -> None:
        lines = [Recorded(event, _recorded_at(event)) for event in events]
        recorder.put_back(transaction, lines)

    return put


def _copy(recorder: Recorder) -> _Put:
    """Make what records events by COPY, their rows being those of *recorder*."""
    names = ", ".join(EventRow.__table__.columns.keys())

    def put(transaction: Transaction, events: Sequence[Event]) -> None:
        dialect = transaction.connection.dialect
        # While it copies, the connection can do nothing else.
        rows = recorder.rows(
            transaction, events, recorded_at=list(map(_recorded_at, events))
        )
        connection = transaction.connection.connection.driver_connection
        assert isinstance(connection, psycopg.Connection)
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY events ({names}) FROM STDIN") as copy,
        ):
            for row in _ROWS.bind(dialect, rows):
                copy.write_row(row)
        uncounted.note(transaction.connection, map(_COUNTED, rows))

    return put


def _recorded_at(event: Event) -> datetime:
    """Return when it would have been recorded: as soon as it happened."""
    return datetime.fromtimestamp(event.timestamp_ns / 1e9, UTC)
