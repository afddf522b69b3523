"""Conditions: what the columns of a row have to be, as parts of a prepared statement.

Statements are prepared for each *shape*: everything about a condition but its values,
of which there are as many as the next power of two, the last one being repeated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from notifier.events.tables import EventRow

Columns = sa.sql.expression.ColumnCollection[str, sa.ColumnElement[Any]]
Shape = tuple[str, "Test", int]

_TABLE = EventRow.__table__


class Test(Enum):
    """How a column is put to the test; nothing at all is none of some values."""

    AMONG = auto()
    NOT_AMONG = auto()
    WITHIN = auto()
    NOT_WITHIN = auto()


@dataclass(frozen=True, slots=True)
class Condition:
    """What one column has to be.

    The *values* of a test for what lies within something are first and last of each.
    """

    column: str
    test: Test
    values: tuple[Any, ...]

    @property
    def shape(self) -> Shape:
        """What the statement depends on."""
        return self.column, self.test, 1 << (len(self.values) - 1).bit_length()

    def bound(self, number: int) -> dict[str, Any]:
        """Return the values, by the names they have in condition *number*."""
        *_, length = self.shape
        last = self.values[-2:] if self.test in _RANGES else self.values[-1:]
        missing = (length - len(self.values)) // len(last)
        filled = [*self.values, *last * missing]
        return {_name(number, place): value for place, value in enumerate(filled)}


def clause(shape: Shape, number: int, columns: Columns) -> sa.ColumnElement[bool]:
    """Return condition *number* on *columns*."""
    name, test, length = shape
    type_ = _TABLE.columns[name].type
    binds = [sa.bindparam(_name(number, place), type_=type_) for place in range(length)]
    return _CLAUSES[test](columns[name], binds)


def _name(number: int, place: int) -> str:
    return f"condition_{number}_{place}"


def _among(
    column: sa.ColumnElement[Any], values: Sequence[sa.BindParameter[Any]]
) -> sa.ColumnElement[bool]:
    return column.in_(values)


def _not_among(
    column: sa.ColumnElement[Any], values: Sequence[sa.BindParameter[Any]]
) -> sa.ColumnElement[bool]:
    return sa.or_(column.is_(None), column.not_in(values))


def _within(
    column: sa.ColumnElement[Any], values: Sequence[sa.BindParameter[Any]]
) -> sa.ColumnElement[bool]:
    pairs = list(pairwise(values))[::2]
    return sa.or_(*(column.between(first, last) for first, last in pairs))


def _not_within(
    column: sa.ColumnElement[Any], values: Sequence[sa.BindParameter[Any]]
) -> sa.ColumnElement[bool]:
    return sa.not_(_within(column, values))


_RANGES = {Test.WITHIN, Test.NOT_WITHIN}
_CLAUSES: dict[
    Test,
    Callable[
        [sa.ColumnElement[Any], Sequence[sa.BindParameter[Any]]],
        sa.ColumnElement[bool],
    ],
] = {
    Test.AMONG: _among,
    Test.NOT_AMONG: _not_among,
    Test.WITHIN: _within,
    Test.NOT_WITHIN: _not_within,
}
