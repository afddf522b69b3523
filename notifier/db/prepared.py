"""Statements of the hot paths: compiled once, run on the driver's own cursor.

A Core statement costs some 90 µs to run, most of it on the way through SQLAlchemy; the
same text on the driver's cursor costs 15. Values convert as the columns' types say, in
both directions.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from notifier.db.compiled import (
    INSERTS,
    Compiled,
    Insert,
    compile_statement,
    open_cursor,
)

_MAX_LIST = 256


class Prepared:
    """A statement with named parameters; for an INSERT, the columns' names.

    An INSERT is given as a function of the dialect's ``insert``, for only that one
    knows what to do about conflicts.
    """

    def __init__(
        self, statement: sa.ClauseElement | Callable[[Insert], sa.ClauseElement]
    ) -> None:
        self._statement = statement
        self._compiled: dict[str, Compiled] = {}

    def first(self, connection: sa.Connection, **values: Any) -> Any | None:
        """Run a SELECT; return its first row, a tuple, or None."""
        compiled = self._compile(connection, values)
        cursor = open_cursor(connection)
        try:
            cursor.execute(compiled.text, compiled.bind(values))
            row = cursor.fetchone()
        finally:
            cursor.close()
        return None if row is None else compiled.read(row)

    def all(self, connection: sa.Connection, **values: Any) -> list[tuple[Any, ...]]:
        """Run a SELECT; return all its rows."""
        compiled = self._compile(connection, values)
        cursor = open_cursor(connection)
        try:
            cursor.execute(compiled.text, compiled.bind(values))
            return [compiled.read(row) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def run(self, connection: sa.Connection, **values: Any) -> None:
        """Run a statement that returns nothing."""
        compiled = self._compile(connection, values)
        cursor = open_cursor(connection)
        try:
            cursor.execute(compiled.text, compiled.bind(values))
        finally:
            cursor.close()

    def run_many(
        self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Run a statement once for each of *rows*, which have the same keys."""
        compiled = self._compile(connection, rows[0])
        cursor = open_cursor(connection)
        try:
            cursor.executemany(compiled.text, [compiled.bind(row) for row in rows])
        finally:
            cursor.close()

    def _compile(
        self, connection: sa.Connection, values: Mapping[str, Any]
    ) -> Compiled:
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            statement = self._statement
            if not isinstance(statement, sa.ClauseElement):
                statement = statement(INSERTS[dialect.name])
            compiled = compile_statement(statement, dialect, list(values))
            self._compiled[dialect.name] = compiled
        return compiled


class PreparedIn:
    """A SELECT for some of a column's values, prepared for lists of a few lengths.

    *make* gives the statement for the condition that the column is one of them. A list
    is filled up to the next length by repeating its last item.
    """

    def __init__(
        self,
        column: sa.ColumnElement[Any] | InstrumentedAttribute[Any],
        make: Callable[[sa.ColumnElement[bool]], sa.ClauseElement],
    ) -> None:
        self._column = column
        self._make = make
        self._prepared: dict[int, Prepared] = {}

    def all(
        self, connection: sa.Connection, items: Sequence[Any], **values: Any
    ) -> list[tuple[Any, ...]]:
        """Run it for *items*; return all rows."""
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(items), _MAX_LIST):
            rows += self._all(connection, items[start : start + _MAX_LIST], values)
        return rows

    def _all(
        self, connection: sa.Connection, items: Sequence[Any], values: dict[str, Any]
    ) -> list[tuple[Any, ...]]:
        length = 1 << (len(items) - 1).bit_length()
        prepared = self._prepared.get(length)
        if prepared is None:
            binds = [
                sa.bindparam(f"item_{place}", type_=self._column.type)
                for place in range(length)
            ]
            statement = self._make(self._column.in_(binds))
            prepared = self._prepared[length] = Prepared(statement)
        filled = [*items, *[items[-1]] * (length - len(items))]
        named = {f"item_{place}": item for place, item in enumerate(filled)}
        return prepared.all(connection, **named, **values)
