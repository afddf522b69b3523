"""Rows of the log as the driver gives them.

An event that is made of a row takes a tenth of a millisecond, most of it for objects
that are thrown away at once. Answers of a million lines are written without.
"""

from collections import namedtuple
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from notifier.db import PreparedIn
from notifier.events.tables import EventRow

_COLUMNS: Final = EventRow.__table__.columns

# What a row has is not converted: ids are bytes on SQLite, times count microseconds.
_Row = namedtuple("_Row", _COLUMNS.keys())  # type: ignore[misc]  # noqa: PYI024 - the table knows the names
_ROWS: Final = PreparedIn(
    EventRow.id,
    sa.select(*(sa.type_coerce(each, sa.types.NullType()) for each in _COLUMNS)).where,
)


def read_rows(connection: sa.Connection, ids: Sequence[UUID]) -> list[Any]:
    """Return the row of each of *ids*, None for one that is not there any more."""
    keys: Sequence[Any] = ids
    if connection.dialect.name == "sqlite":
        keys = [id_.bytes for id_ in ids]
    found = {row[0]: _Row._make(row) for row in _ROWS.all(connection, ids)}
    return [found.get(key) for key in keys]
