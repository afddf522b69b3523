"""The orders in which rows can be read: those of the indexes, each ending in the id.

An order is led by columns. Where these have the same values throughout lies a stretch:
its rows are in the order of their time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from notifier.db import Values
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

    @property
    def types(self) -> Mapping[str, TypeEngine[Any]]:
        """Return the types of the values that a stretch has; see `bound`."""
        types = {_wanted(name): _column(name).type for name in self.columns}
        return types | {_LOW: _ID.type, _HIGH: _ID.type}

    def select(
        self, values: Values, *columns: str, oldest_first: bool
    ) -> sa.Select[tuple[Any, ...]]:
        """Select the rows of a stretch with these *values*.

        Not `column = value ORDER BY id`: for a frequent value PostgreSQL may go along
        the primary key and pass over what does not match, for ever if the value was
        last seen long ago. Only one index has the order that is asked for here.
        """
        leaders = [_column(name) for name in self.columns]
        own = [values[_wanted(name)] for name in self.columns]
        key: Any = sa.tuple_(*leaders, _ID) if leaders else _ID
        low, high = (
            sa.tuple_(*own, values[bound]) if own else values[bound]
            for bound in (_LOW, _HIGH)
        )
        return (
            sa.select(_ID, *(_column(name) for name in columns))
            .where(key >= low, key < high, *(sa.text(word) for word in self.words))
            .order_by(
                *(
                    column if oldest_first else column.desc()
                    for column in (*leaders, _ID)
                )
            )
        )

    def bound(self, values: tuple[Any, ...], low: UUID, high: UUID) -> dict[str, Any]:
        """Return the *values* of a stretch by name.

        Its rows are from *low* up to, without, *high*.
        """
        names = (*map(_wanted, self.columns), _LOW, _HIGH)
        return dict(zip(names, (*values, low, high), strict=True))


BY_TIME = Order()


def _column(name: str) -> sa.ColumnElement[Any]:
    return EventRow.__table__.columns[name]


def _wanted(column: str) -> str:
    """Return the name of a value, which must not be that of a column: see *words*."""
    return f"wanted_{column}"
