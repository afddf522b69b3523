"""Reading a whole database without having all of it in memory."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from notifier.db.sqlite import MAP


@contextmanager
def unmapped(connection: sa.Connection) -> Iterator[None]:
    """Do not map SQLite's file into memory.

    What is mapped and was read counts as memory of the process until it is mapped no
    more, up to the size of the map. One who reads a little here and there is faster by
    it; one who reads everything, once, is not.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql("PRAGMA mmap_size=0")
    try:
        yield
    finally:
        connection.exec_driver_sql(MAP)
