"""Walks along the log: as far as a page needs, and no further than is allowed.

A walk takes the way that leads furthest with few rows, in windows of a bounded number
of rows. What it passes over is bounded, too: a question that few rows meet is answered
in several walks, and never in one that takes minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

import sqlalchemy as sa

from notifier.audit import statements
from notifier.audit.conditions import Condition, Test
from notifier.audit.names import Names
from notifier.audit.narrowing import Narrowed, Way
from notifier.audit.span import Span
from notifier.audit.statements import Shape

# How many rows a walk looks at first, if it has to look at them, and then.
_LOOK: Final = 1024
_GROWTH: Final = (1, 4)


@dataclass(frozen=True, slots=True)
class Found:
    """The *ids* of what was found up to the event *reached*; None: all there is."""

    ids: Sequence[UUID]
    reached: UUID | None


def walk(
    connection: sa.Connection, narrowed: Narrowed, span: Span, wanted: int
) -> Found:
    """Look for the first events of *span*, until so many are found as are *wanted*.

    There may be some more; or fewer, though there are others beyond what was reached.
    """
    way = _choose(connection, narrowed.ways, span)
    step = _Step.along(way, narrowed)
    rows = max(_LOOK if step.is_choosy else 1, 2 * wanted)
    ids: list[UUID] = []
    for growth in _GROWTH:
        found = step.take(connection, span, rows * growth)
        ids += found.ids
        if found.reached is None or len(ids) >= wanted:
            break
        span = span.beyond(found.reached)
    return Found(ids, found.reached)


def _choose(connection: sa.Connection, ways: Sequence[Way], span: Span) -> Way:
    """Return the way that leads furthest with as many rows."""
    best, furthest = ways[0], None
    for way in ways if len(ways) > 1 else ():
        shape = _shape(way, span)
        values = statements.values(shape, way.stretches, span, _LOOK)
        ends = statements.ends(shape).all(connection, **values)
        if not ends:
            return way
        reached = span.first(id_ for (id_,) in ends)
        if furthest is None or reached in span.beyond(furthest):
            best, furthest = way, reached
    return best


@dataclass(frozen=True, slots=True)
class _Step:
    """What is read of one way."""

    way: Way
    conditions: Sequence[Condition]
    names: Sequence[Names]

    @classmethod
    def along(cls, way: Way, narrowed: Narrowed) -> Self:
        """Leave out the conditions that hold all along the way."""
        led = {(column, Test.AMONG) for column in way.order.columns}
        conditions = [
            condition
            for condition in narrowed.conditions
            if (condition.column, condition.test) not in led
        ]
        return cls(way, conditions, narrowed.names)

    @property
    def is_choosy(self) -> bool:
        """Whether not every row is taken."""
        return bool(self.conditions or self.names)

    def take(self, connection: sa.Connection, span: Span, rows: int) -> Found:
        """Take what is wanted of the first rows, so many at most, in order."""
        shape = _shape(self.way, span)
        statement = statements.read(
            shape,
            tuple(condition.shape for condition in self.conditions),
            tuple(names.column for names in self.names),
        )
        values = statements.values(shape, self.way.stretches, span, rows)
        for number, condition in enumerate(self.conditions):
            values |= condition.bound(number)
        read = statement.all(connection, **values)
        ends = [id_ for id_, is_end, *_ in read if is_end]
        met = [(id_, *numbers) for id_, is_end, *numbers in read if not is_end]
        for place, names in enumerate(self.names, start=1):
            meant = names.choose(connection, (row[place] for row in met))
            met = [row for row in met if row[place] in meant]
        # Of stretches that reach further than another one does, the rest comes later.
        reached = span.first(ends) if ends else None
        part = span if reached is None else span.up_to(reached)
        return Found(part.sort(row[0] for row in met if row[0] in part), reached)


def _shape(way: Way, span: Span) -> Shape:
    return Shape(way.order, len(way.stretches), oldest_first=span.oldest_first)
