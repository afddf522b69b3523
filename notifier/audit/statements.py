"""The statements by which the log is read: prepared, one for each shape.

None sorts: rows come along an index, stretch by stretch, and who asks puts the
stretches together. None reads more than its window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self
from uuid import UUID

import sqlalchemy as sa

from notifier.audit import conditions
from notifier.audit.orders import Order
from notifier.audit.packed import packed
from notifier.audit.span import Span
from notifier.db import Prepared

_MOST_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class Shape:
    """What a statement depends on, but for values: how many *stretches* of an order.

    That is a power of two, so that there are few: a statement takes a while to be made.
    """

    order: Order
    stretches: int
    oldest_first: bool

    @classmethod
    def of(cls, order: Order, stretches: int, span: Span) -> Self:
        """Return the shape of a statement for so many *stretches* of a span."""
        rounded = 1 << (stretches - 1).bit_length()
        return cls(order, rounded, span.oldest_first)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Those rows of *span* that have the same *values* of an order's columns."""

    values: tuple[Any, ...]
    span: Span


@lru_cache(maxsize=_MOST_REMEMBERED)
def ends(shape: Shape) -> Prepared:
    """Select the last id of the window of each stretch that has so many rows."""
    return Prepared(_all_of(_ends(shape)))


@lru_cache(maxsize=_MOST_REMEMBERED)
def read(
    shape: Shape, tested: tuple[conditions.Shape, ...], names: tuple[str, ...]
) -> Prepared:
    """Select the ids in the windows that meet conditions, and the ends of the windows.

    Beside an end stands the number of its stretch, beside what meets the conditions
    NULL and its own numbers of *names*. Both are in one statement so that they fit
    together: rows come in all the time.
    """
    columns = dict.fromkeys([*(column for column, *_ in tested), *names])
    windows = [
        sa.select(_window(shape, number, *columns)) for number in range(shape.stretches)
    ]
    rows = _all_of(windows).subquery("rows")
    met = sa.select(
        packed(rows.c.id), sa.null(), *(rows.c[name] for name in names)
    ).where(
        *(conditions.clause(one, number, rows.c) for number, one in enumerate(tested))
    )
    ends = (
        end.add_columns(sa.literal_column(str(number)), *(sa.null() for _ in names))
        for number, end in enumerate(_ends(shape))
    )
    return Prepared(sa.union_all(met, *ends))


def values(shape: Shape, stretches: Sequence[Stretch], rows: int) -> dict[str, Any]:
    """Return the values of such a statement, whose windows have so many *rows*."""
    window = max(rows // len(stretches), 1)
    values: dict[str, Any] = {"window": window, "before_end": window - 1}
    # Nothing has no place in an order, so those that are missing have no rows.
    missing = shape.stretches - len(stretches)
    nowhere = Stretch((None,) * len(shape.order.columns), stretches[0].span)
    for number, stretch in enumerate([*stretches, *[nowhere] * missing]):
        low, high = UUID(bytes=stretch.span.low), UUID(bytes=stretch.span.high)
        values |= shape.order.bound(number, stretch.values, low, high)
    return values


def _ends(shape: Shape) -> list[sa.Select[Any]]:
    last_of = [
        sa.select(_window(shape, number).c.id).offset(_BEFORE_END).subquery()
        for number in range(shape.stretches)
    ]
    # SQLite takes no OFFSET within a UNION but in a subquery.
    return [sa.select(packed(last.c.id)) for last in last_of]


def _window(shape: Shape, number: int, *columns: str) -> sa.Subquery:
    """Select the first rows of a stretch."""
    rows = shape.order.select(number, *columns, oldest_first=shape.oldest_first)
    return rows.limit(_WINDOW).subquery()


def _all_of(parts: list[sa.Select[Any]]) -> Any:
    return parts[0] if len(parts) == 1 else sa.union_all(*parts)


_WINDOW = sa.bindparam("window", type_=sa.Integer)
_BEFORE_END = sa.bindparam("before_end", type_=sa.Integer)
