"""The orders in which rows can be read: those of the indexes, each ending in the id.

An order is led by columns. Where these have the same values throughout lies a stretch:
its rows are in the order of their time.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from notifier.events.tables import EventRow

_ID = EventRow.__table__.columns["id"]
_LOW: Final = "low"
_HIGH: Final = "high"


@dataclass(frozen=True, slots=True)
class Order:
    """An order, by the *columns* that lead it and the *words* of its index's condition.

    No columns are the order of time.
    """

    columns: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def select(
        self, number: int, *columns: str, oldest_first: bool
    ) -> sa.Select[tuple[Any, ...]]:
        """Select rows of stretch *number*, between its own bounds; see `bound`.

        Not `column = value ORDER BY id`: for a frequent value PostgreSQL may go along
        the primary key and pass over what does not match, for ever if the value was
        last seen long ago. Only one index has the order that is asked for here.
        """
        leaders = [_column(name) for name in self.columns]
        key: Any = sa.tuple_(*leaders, _ID) if leaders else _ID
        return (
            sa.select(_ID, *(_column(name) for name in columns))
            .where(
                key >= self._place(number, _LOW),
                key < self._place(number, _HIGH),
                *(sa.text(word) for word in self.words),
            )
            .order_by(
                *(
                    column if oldest_first else column.desc()
                    for column in (*leaders, _ID)
                )
            )
        )

    def bound(
        self, number: int, values: tuple[Any, ...], low: UUID, high: UUID
    ) -> dict[str, Any]:
        """Return the values of stretch *number*, by their names in its statement.

        Its rows are from *low* up to, without, *high*.
        """
        names = [_name(name, number) for name in (*self.columns, _LOW, _HIGH)]
        return dict(zip(names, (*values, low, high), strict=True))

    def _place(self, number: int, bound: str) -> Any:
        """Return a place in the order.

        Subqueries hide the values from PostgreSQL's planner. Else, from what it
        believes to know of them, it may find it cheaper to sort all rows that have
        them.
        """
        hidden = [
            sa.select(_value(name, number)).scalar_subquery() for name in self.columns
        ]
        id_ = sa.bindparam(_name(bound, number), type_=_ID.type)
        return sa.tuple_(*hidden, id_) if hidden else id_


BY_TIME = Order()


def _column(name: str) -> sa.ColumnElement[Any]:
    return EventRow.__table__.columns[name]


def _value(column: str, number: int) -> sa.ColumnElement[Any]:
    type_ = _column(column).type
    value = sa.bindparam(_name(column, number), type_=type_)
    # Of nothing, the driver does not say that it is no bytes.
    return sa.cast(value, type_) if isinstance(type_, sa.LargeBinary) else value


def _name(column: str, number: int) -> str:
    return f"{column}_{number}"
