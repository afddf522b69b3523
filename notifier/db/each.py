"""A statement that is run for each of several sets of values."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from notifier.db.prepared import Prepared

Values = Mapping[str, sa.ColumnElement[Any]]
_EACH = "each"
_NUMBER = "number"


class PreparedEach:
    """A SELECT, run for each of some items: values by their names.

    PostgreSQL does so in one statement, which takes no longer to be planned the more
    items there are. SQLite knows no such join, and has no need of it: a statement more
    costs next to nothing there.

    *make* gives the statement for the values that have these *types*.
    """

    def __init__(
        self,
        types: Mapping[str, TypeEngine[Any]],
        make: Callable[[Values], sa.Select[Any] | sa.CompoundSelect[Any]],
    ) -> None:
        self._types = types
        self._make = make
        self._prepared: dict[str, Prepared] = {}

    def all(
        self, connection: sa.Connection, items: Sequence[Mapping[str, Any]], **more: Any
    ) -> list[tuple[Any, ...]]:
        """Run it for *items*, and with *more* values that are the same for all.

        Return all rows, each behind the number of its item.
        """
        prepared = self._prepare(connection.dialect.name)
        if connection.dialect.name == "sqlite":
            with _at_once(connection):
                return [
                    (number, *row)
                    for number, item in enumerate(items)
                    for row in prepared.all(connection, **item, **more)
                ]
        lists = {name: [item[name] for item in items] for name in self._types}
        return prepared.all(connection, **lists, **more)

    def _prepare(self, dialect: str) -> Prepared:
        prepared = self._prepared.get(dialect)
        if prepared is None:
            is_sqlite = dialect == "sqlite"
            statement = self._for_one() if is_sqlite else self._for_all()
            prepared = self._prepared[dialect] = Prepared(statement)
        return prepared

    def _for_one(self) -> sa.ClauseElement:
        return self._make(
            {
                name: sa.bindparam(name, type_=type_)
                for name, type_ in self._types.items()
            }
        )

    def _for_all(self) -> sa.ClauseElement:
        lists = (
            sa.bindparam(name, type_=ARRAY(type_))
            for name, type_ in self._types.items()
        )
        each = (
            sa.func.unnest(*lists)
            .table_valued(
                *(sa.column(name, type_) for name, type_ in self._types.items()),
                with_ordinality=_NUMBER,
            )
            .render_derived(name=_EACH)
        )
        # Not columns of a table, which every part of the statement would select from.
        values = {
            name: sa.literal_column(f"{_EACH}.{name}", type_)
            for name, type_ in self._types.items()
        }
        rows = self._make(values).lateral()
        number = each.c[_NUMBER] - 1
        return sa.select(number, *rows.c).join_from(each, rows, sa.true())


@contextmanager
def _at_once(connection: sa.Connection) -> Iterator[None]:
    """Let several statements of SQLite see the same, as one of PostgreSQL does."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - no other driver
    if driver.in_transaction:
        yield
        return
    driver.execute("BEGIN")
    try:
        yield
    finally:
        # What cannot be read may have ended it.
        if driver.in_transaction:
            driver.execute("COMMIT")
