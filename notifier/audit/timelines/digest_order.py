"""The order of the events of a digest, along which statements read them."""

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from notifier.events.tables import EventRow

FIRST: Final = UUID(int=0)
LAST: Final = UUID(int=2**128 - 1)

_COLUMNS: Final = (EventRow.digest_id, EventRow.id)
NEWEST_FIRST: Final = tuple(column.desc() for column in _COLUMNS)


def between(low: str, high: str) -> "sa.ColumnElement[bool]":
    """Return the condition of a stretch of it, from one id up to before another.

    These are parameters, and so is ``digest_id``. Its value is hidden from PostgreSQL's
    planner, see `audit.orders`.
    """
    place = sa.tuple_(*_COLUMNS)
    return sa.and_(place >= _key(low), place < _key(high))


def _key(name: str) -> "sa.Tuple":
    digest = sa.select(sa.bindparam("digest_id", type_=EventRow.digest_id.type))
    id_ = sa.bindparam(name, type_=EventRow.id.type)
    return sa.tuple_(digest.scalar_subquery(), id_)
