"""Which values of a column there are: found by steps, each one look into its index."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from notifier.events.tables import EventRow


def list_values(
    connection: sa.Connection,
    column: str,
    bounds: tuple[Any, Any],
    most: int,
    *,
    words: str | None = None,
) -> Sequence[Any]:
    """List the values from the first to the last of *bounds*, so many at *most*.

    *words* are those of the condition of the index.
    """
    first, last = bounds
    statement = _steps(column, words).limit(most)
    values = {"first": first, "last": last}
    return list(connection.scalars(statement, values))


@lru_cache
def _steps(column: str, words: str | None) -> sa.Select[tuple[Any]]:
    values = EventRow.__table__.columns[column]

    def following(condition: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
        before = values <= sa.bindparam("last", type_=values.type)
        within: list[Any] = [condition, before]
        if words:
            within.append(sa.text(words))
        nearest = sa.select(values).where(*within).order_by(values)
        return nearest.limit(1).scalar_subquery()

    begin = values >= sa.bindparam("first", type_=values.type)
    steps = sa.select(following(begin).label("value")).cte("steps", recursive=True)
    is_one = steps.c.value.is_not(None)
    steps = steps.union_all(sa.select(following(values > steps.c.value)).where(is_one))
    return sa.select(steps.c.value).where(steps.c.value.is_not(None))
