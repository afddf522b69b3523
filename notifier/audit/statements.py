"""The statements by which the log is read: prepared, one for each order and condition.

None sorts: rows come along an index, stretch by stretch, and who asks puts the
stretches together. None reads more than its window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from notifier.audit import conditions
from notifier.audit.orders import Order
from notifier.audit.packed import packed
from notifier.audit.span import Span
from notifier.db import PreparedEach, Values

_MOST_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class Stretch:
    """Those rows of *span* that have the same *values* of an order's columns."""

    values: tuple[Any, ...]
    span: Span


@lru_cache(maxsize=_MOST_REMEMBERED)
def ends(order: Order, *, oldest_first: bool) -> PreparedEach:
    """Select the last id of the window of each stretch that has so many rows."""
    return PreparedEach(
        order.types, lambda values: _end(order, values, oldest_first=oldest_first)
    )


@lru_cache(maxsize=_MOST_REMEMBERED)
def read(
    order: Order,
    tested: tuple[conditions.Shape, ...],
    names: tuple[str, ...],
    *,
    oldest_first: bool,
) -> PreparedEach:
    """Select the ids in the windows that meet conditions, and the ends of the windows.

    Beside an id stand whether it is an end, and if it is not, its own numbers of
    *names*. Both are in one statement so that they fit together: rows come in all the
    time.
    """
    columns = dict.fromkeys([*(column for column, *_ in tested), *names])

    def make(values: Values) -> sa.CompoundSelect[Any]:
        rows = _window(order, values, *columns, oldest_first=oldest_first).subquery()
        met = sa.select(
            packed(rows.c.id).label("id"),
            _NO.label("is_end"),
            *(rows.c[name] for name in names),
        ).where(
            *(
                conditions.clause(one, number, rows.c)
                for number, one in enumerate(tested)
            )
        )
        end = _end(order, values, oldest_first=oldest_first)
        return met.union_all(end.add_columns(_YES, *(sa.null() for _ in names)))

    return PreparedEach(order.types, make)


def items(
    order: Order, stretches: Sequence[Stretch], rows: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the values of each stretch, and of windows of so many *rows* together."""
    window = max(rows // len(stretches), 1)
    own = [
        order.bound(
            stretch.values,
            UUID(bytes=stretch.span.low),
            UUID(bytes=stretch.span.high),
        )
        for stretch in stretches
    ]
    return own, {"window": window, "before_end": window - 1}


def _end(order: Order, values: Values, *, oldest_first: bool) -> sa.Select[Any]:
    window = _window(order, values, oldest_first=oldest_first)
    # SQLite takes no OFFSET within a UNION but in a subquery.
    last = sa.select(window.subquery().c.id).offset(_BEFORE_END).subquery()
    return sa.select(packed(last.c.id).label("id"))


def _window(
    order: Order, values: Values, *columns: str, oldest_first: bool
) -> sa.Select[Any]:
    """Select the first rows of a stretch."""
    return order.select(values, *columns, oldest_first=oldest_first).limit(_WINDOW)


_WINDOW = sa.bindparam("window", type_=sa.Integer)
_BEFORE_END = sa.bindparam("before_end", type_=sa.Integer)
_NO: Final[sa.ColumnElement[Any]] = sa.literal_column("0")
_YES: Final[sa.ColumnElement[Any]] = sa.literal_column("1")
