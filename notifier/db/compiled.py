"""Statements as the drivers take them: compiled once, with how their values convert."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPICursor

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

# ``insert`` of the dialect at hand, which knows ``on_conflict_do_nothing``.
Insert = Callable[[Any], Any]
Convert = Callable[[Any], Any]

INSERTS: dict[str, Insert] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


_SQLITE = sqlite.dialect()


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement in one dialect, and how its values convert."""

    text: str
    order: list[str] | None
    literals: dict[str, Any]
    binders: dict[str, Convert]
    readers: list[tuple[int, Convert]]

    def bind(self, values: Mapping[str, Any]) -> Any:
        """Return the parameters as the driver takes them."""
        bound = {**self.literals, **values}
        for name, convert in self.binders.items():
            bound[name] = convert(bound[name])
        return bound if self.order is None else [bound[name] for name in self.order]

    def read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """Return a row's values as their types say."""
        values = list(row)
        for place, convert in self.readers:
            values[place] = convert(values[place])
        return tuple(values)


def compile_statement(
    statement: sa.ClauseElement, dialect: Dialect, names: list[str]
) -> Compiled:
    """Compile a statement; one that inserts has values of these *names*."""
    if dialect.name == "sqlite":
        # One that knows no driver leaves bytes as they are, and does not wrap them.
        dialect = _SQLITE
    columns = None
    if isinstance(statement, sa.Insert):
        columns = [name for name in names if name in statement.table.columns]
    compiled = cast(
        "SQLCompiler", statement.compile(dialect=dialect, column_keys=columns)
    )
    selected = (
        statement.selected_columns
        if isinstance(statement, sa.Select | sa.CompoundSelect)
        else ()
    )
    return Compiled(
        text=str(compiled),
        order=compiled.positiontup,
        literals={
            name: bind.value
            for name, bind in compiled.binds.items()
            if bind.value is not None
        },
        binders={
            name: convert
            for name, bind in compiled.binds.items()
            if (convert := bind.type.dialect_impl(dialect).bind_processor(dialect))
        },
        readers=[
            (place, convert)
            for place, column in enumerate(selected)
            if (
                convert := column.type.dialect_impl(dialect).result_processor(
                    dialect, None
                )
            )
        ],
    )


def open_cursor(connection: sa.Connection) -> DBAPICursor:
    """Return a cursor of the driver's own."""
    return connection.connection.cursor()
