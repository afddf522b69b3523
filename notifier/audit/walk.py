"""Walks along the log: as far as a page needs, and no further than is allowed.

A walk takes the way that leads furthest with few rows, in windows of a bounded number
of rows. What it passes over is bounded, too: a question that few rows meet is answered
in several walks, and never in one that takes minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from notifier.audit import statements
from notifier.audit.conditions import Test
from notifier.audit.narrowing import Narrowed, Way
from notifier.audit.span import Span
from notifier.audit.statements import Shape

# How many rows a walk looks at first, if it has to look at them, and then.
_LOOK: Final = 256
_GROWTH: Final = (1, 4, 16)


@dataclass(frozen=True, slots=True)
class Found:
    """The *ids* of what was found up to the event *reached*; None: all there is."""

    ids: Sequence[UUID]
    reached: UUID | None

    def page(self, limit: int) -> tuple[Sequence[UUID], UUID | None]:
        """Return so many ids at most, and what the next page comes after."""
        ids = self.ids[:limit]
        return ids, ids[-1] if len(self.ids) > limit else self.reached


def walk(
    connection: sa.Connection, narrowed: Narrowed, span: Span, wanted: int
) -> Found:
    """Look for the first events of *span*, until so many are found as are *wanted*.

    There may be some more; or fewer, though there are others beyond what was reached.
    """
    walker = _Walker(connection, narrowed, _choose(connection, narrowed.ways, span))
    rows = max(_LOOK if walker.is_choosy else 1, 2 * wanted)
    for growth in _GROWTH:
        walker.go_on(span, rows * growth)
        if walker.reached is None or len(walker.found) >= wanted:
            break
        span = span.beyond(walker.reached)
    return Found(walker.found, walker.reached)


def _choose(connection: sa.Connection, ways: Sequence[Way], span: Span) -> Way:
    """Return the way that leads furthest with as many rows."""
    best, furthest = ways[0], None
    for way in ways if len(ways) > 1 else ():
        shape = Shape.of(way.order, len(way.stretches), span)
        values = statements.values(shape, way.stretches, span, _LOOK)
        ends = statements.ends(shape).all(connection, **values)
        if not ends:
            return way
        reached = span.first(id_ for (id_,) in ends)
        if furthest is None or reached in span.beyond(furthest):
            best, furthest = way, reached
    return best


class _Walker:
    """Goes along all stretches of a way side by side, as far as they have *reached*."""

    def __init__(self, connection: sa.Connection, narrowed: Narrowed, way: Way) -> None:
        self.found: list[UUID] = []
        self.reached: UUID | None = None
        self._connection = connection
        self._order = way.order
        self._names = narrowed.names
        # What holds all along the way need not be tested.
        led = {(column, Test.AMONG) for column in way.order.columns}
        self._conditions = [
            condition
            for condition in narrowed.conditions
            if (condition.column, condition.test) not in led
        ]
        # Stretches that may have more, and what was found ahead of the others.
        self._open: Sequence[tuple[Any, ...]] = way.stretches
        self._ahead: set[UUID] = set()

    @property
    def is_choosy(self) -> bool:
        """Whether not every row is taken."""
        return bool(self._conditions or self._names)

    def go_on(self, span: Span, rows: int) -> None:
        """Take what is wanted of the first rows of *span*, so many at most.

        Where a stretch ends there is nothing left to read: the next time, the others
        have its share.
        """
        met, ends = self._read(span, rows)
        self.reached = span.first(ends.values()) if ends else None
        part = span if self.reached is None else span.up_to(self.reached)
        self._ahead |= met
        self.found += part.sort(id_ for id_ in self._ahead if id_ in part)
        self._ahead = {id_ for id_ in self._ahead if id_ not in part}
        self._open = [self._open[number] for number in ends]

    def _read(self, span: Span, rows: int) -> tuple[set[UUID], dict[int, UUID]]:
        """Return what was met, and where the windows of some stretches end."""
        shape = Shape.of(self._order, len(self._open), span)
        statement = statements.read(
            shape,
            tuple(condition.shape for condition in self._conditions),
            tuple(names.column for names in self._names),
        )
        values = statements.values(shape, self._open, span, rows)
        for number, condition in enumerate(self._conditions):
            values |= condition.bound(number)
        read = statement.all(self._connection, **values)
        ends = {number: id_ for id_, number, *_ in read if number is not None}
        met = [(id_, *numbers) for id_, end, *numbers in read if end is None]
        for place, names in enumerate(self._names, start=1):
            meant = names.choose(self._connection, (row[place] for row in met))
            met = [row for row in met if row[place] in meant]
        return {row[0] for row in met}, ends
