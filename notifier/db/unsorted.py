"""Reading along indexes, whatever PostgreSQL's planner takes for cheaper."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from notifier.db.compiled import open_cursor

_OFF = "SET enable_sort = off; SET enable_incremental_sort = off"
_ON = "RESET enable_sort; RESET enable_incremental_sort"


@contextmanager
def unsorted(connection: sa.Connection) -> Iterator[None]:
    """Let statements find the order they ask for in an index, or not at all.

    The planner knows that a window has few rows, but it guesses how many there are to
    choose from, and where it guesses few it would rather sort all of them.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    cursor = open_cursor(connection)
    cursor.execute(_OFF)
    try:
        yield
    finally:
        cursor.execute(_ON)
        cursor.close()
