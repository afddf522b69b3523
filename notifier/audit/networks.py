"""Clients by their addresses: some, or whole networks."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

import sqlalchemy as sa

from notifier.audit.conditions import Condition, Test
from notifier.audit.questions import Choice, Network
from notifier.events.addresses import network_bounds
from notifier.events.tables import EventRow

# If more addresses of some networks have asked for something, they are not listed.
_MOST_LISTED: Final = 64

_Range = tuple[bytes, bytes]


def compare_addresses(
    connection: sa.Connection, choice: Choice[Network]
) -> Iterator[Condition]:
    """Yield the conditions on addresses: on those of the log, if these are few."""
    wanted = [network_bounds(network) for network in choice.any_of]
    others = [network_bounds(network) for network in choice.none_of]
    if wanted:
        listed = _list(connection, wanted)
        if listed is None:
            yield Condition("addr", Test.WITHIN, tuple(chain(*wanted)))
        else:
            yield Condition("addr", Test.AMONG, tuple(sorted(listed)))
    if others:
        yield Condition("addr", Test.NOT_WITHIN, tuple(chain(*others)))


def _list(connection: sa.Connection, ranges: Sequence[_Range]) -> set[bytes] | None:
    """Return all addresses of the log that lie in *ranges*; None if they are many.

    They are stepped through, each by one look into their index.
    """
    found: set[bytes] = set()
    for first, last in ranges:
        if first == last:
            found.add(first)
        else:
            found.update(connection.scalars(_STEPS, {"first": first, "last": last}))
        if len(found) > _MOST_LISTED:
            return None
    return found


def _next(condition: sa.ColumnElement[bool]) -> sa.ScalarSelect[bytes]:
    return (
        sa.select(EventRow.addr)
        .where(condition, EventRow.addr <= sa.bindparam("last"))
        .order_by(EventRow.addr)
        .limit(1)
        .scalar_subquery()
    )


def _steps() -> sa.Select[tuple[bytes]]:
    first = sa.select(_next(EventRow.addr >= sa.bindparam("first")).label("addr"))
    steps = first.cte("steps", recursive=True)
    further = sa.select(_next(EventRow.addr > steps.c.addr)).where(
        steps.c.addr.is_not(None)
    )
    steps = steps.union_all(further)
    return (
        sa.select(steps.c.addr).where(steps.c.addr.is_not(None)).limit(_MOST_LISTED + 1)
    )


_STEPS: Final = _steps()
