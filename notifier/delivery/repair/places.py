"""Places: where a stretch of an index begins and ends."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from notifier.ids import first_id

Statement = sa.Select[*tuple[Any, ...]]
S = TypeVar("S", bound=Statement)
Id = InstrumentedAttribute[UUID]
Leader = tuple[InstrumentedAttribute[Any], int]

_FIRST = UUID(int=0)


def last_id_before(at: datetime | None) -> UUID:
    """Return an id below all that were made at that time or later; None for ever."""
    return _FIRST if at is None else UUID(int=first_id(at).int - 1)


def along(statement: S, id_: Id, low: UUID, high: UUID, leader: Leader | None) -> S:
    """Follow the ids between *low* and *high*, the lowest first.

    With a *leader* they are followed in the index of its column and the id, where that
    column has that value.
    """
    if leader is None:
        return statement.where(id_ > low, id_ < high).order_by(id_)
    # Compared as one, so that only one index has the order that is asked for: for a
    # frequent value, PostgreSQL may else pass over the rows of all others.
    column, value = leader
    key = sa.tuple_(column, id_)
    return statement.where(
        key > _place(column, value, id_, low), key < _place(column, value, id_, high)
    ).order_by(column, id_)


def _place(column: InstrumentedAttribute[Any], value: int, id_: Id, at: UUID) -> Any:
    # A subquery hides the value from PostgreSQL's planner, which might believe that
    # few rows have it, and sort them all.
    hidden = sa.select(sa.literal(value, column.type)).scalar_subquery()
    return sa.tuple_(hidden, sa.literal(at, id_.type))
