"""Rows that are added by one statement for many of them, but for those that are there.

One statement lets go of the interpreter once and not for each row: where other threads
wait for it, that is half of the time. The values are converted before, by whoever has
the time: a transaction that others wait for need not be kept open for that.
"""

import re
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import InstrumentedAttribute

from notifier.db.compiled import (
    INSERTS,
    Compiled,
    Convert,
    compile_statement,
    open_cursor,
)

# The values of a row, in the order of the table's columns: as the program has them, and
# as the driver takes them.
Row = Sequence[Any]
Bound = list[Any]

# A statement is prepared for each number of rows up to the first of these, and for the
# others. PostgreSQL takes 65,535 parameters, SQLite 32,766.
_NUMBERS: Final = (16, 32, 64)
_PARTS = re.compile(r"(.* VALUES )(\(.*\))( ON CONFLICT .*)", re.DOTALL)


class PreparedRows:
    """Adds whole rows to the table of *key*, unless they are there."""

    def __init__(self, key: InstrumentedAttribute[Any]) -> None:
        self._key = key
        self._names = key.class_.__table__.columns.keys()
        self._place = self._names.index(key.key)
        self._compiled: dict[str, Compiled] = {}
        self._converts: dict[str, list[tuple[int, Convert]]] = {}
        self._text = cache(_text)

    def bind(self, dialect: Dialect, rows: Sequence[Row]) -> list[Bound]:
        """Convert the values of *rows*."""
        converts = self._converts.get(dialect.name)
        if converts is None:
            binders = self._compile(dialect).binders
            converts = self._converts[dialect.name] = [
                (place, binders[name])
                for place, name in enumerate(self._names)
                if name in binders
            ]
        bound: list[Bound] = []
        for row in rows:
            values = [*row]
            for place, convert in converts:
                values[place] = convert(values[place])
            bound.append(values)
        return bound

    def add(self, connection: sa.Connection, rows: Sequence[Bound]) -> list[bool]:
        """Add *rows*, whose keys differ; tell of each whether it is new."""
        compiled = self._compile(connection.dialect)
        added: list[bool] = []
        cursor = open_cursor(connection)
        try:
            while len(added) < len(rows):
                part = rows[len(added) : len(added) + _number(len(rows) - len(added))]
                values = [*chain.from_iterable(part)]
                cursor.execute(self._text(compiled.text, len(part)), values)
                found = cursor.fetchall()
                if len(found) == len(part):
                    added += [True] * len(part)
                else:
                    keys = {key for (key,) in found}
                    added += [row[self._place] in keys for row in part]
        finally:
            cursor.close()
        return added

    def _compile(self, dialect: Dialect) -> Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            insert = INSERTS[dialect.name]
            statement = insert(self._key.class_).on_conflict_do_nothing()
            if not dialect.positional:
                # Rows that are many cannot have names for their values.
                dialect = postgresql.psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]  # SQLAlchemy has no types for it
            compiled = compile_statement(
                statement.returning(self._key), dialect, self._names
            )
            self._compiled[dialect.name] = compiled
        return compiled


def _number(left: int) -> int:
    """Return for how many of the rows that are left there is a statement."""
    return max((number for number in _NUMBERS if number <= left), default=left)


def _text(one: str, number: int) -> str:
    """Write the statement for one row such that it adds a number of them."""
    match = _PARTS.fullmatch(one)
    assert match is not None  # noqa: S101 - SQLAlchemy writes it so
    head, row, tail = match.groups()
    return head + ", ".join([row] * number) + tail
