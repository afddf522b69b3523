"""Walks along the log: as far as a page needs, and no further than is allowed.

A walk takes the way that leads furthest with few rows, in windows of a bounded number
of rows. What it passes over is bounded, too: a question that few rows meet is answered
in several walks, and never in one that takes minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from notifier.audit import statements
from notifier.audit.conditions import Test
from notifier.audit.narrowing import Narrowed, Way
from notifier.audit.span import Span
from notifier.audit.statements import Stretch

# How many rows a walk looks at first, if it has to look at them, and then.
_LOOK: Final = 256
_GROWTH: Final = (1, 1, 2, 3, 5)
# All stretches first; then the share of them that has come least far.
_LAST_SHARE: Final = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What was found up to the event *reached*; None: all there is."""

    packed: Sequence[bytes]
    reached: UUID | None

    @property
    def ids(self) -> Sequence[UUID]:
        """Return the ids of all of it."""
        return _unpack(self.packed)

    def page(self, limit: int) -> tuple[Sequence[UUID], UUID | None]:
        """Return so many ids at most, and what the next page comes after."""
        ids = _unpack(self.packed[:limit])
        return ids, ids[-1] if len(self.packed) > limit else self.reached


def walk(
    connection: sa.Connection, narrowed: Narrowed, span: Span, wanted: int
) -> Found:
    """Look for the first events of *span*, until so many are found as are *wanted*.

    There may be some more; or fewer, though there are others beyond what was reached.
    """
    way = _choose(connection, narrowed.ways, span)
    walker = _Walker(connection, narrowed, way, span)
    rows = max(_LOOK if walker.is_choosy else 1, 2 * wanted)
    for growth in _GROWTH:
        walker.go_on(rows * growth)
        if walker.reached is None or len(walker.found) >= wanted:
            break
    reached = walker.reached
    return Found(walker.found, None if reached is None else UUID(bytes=reached))


def _choose(connection: sa.Connection, ways: Sequence[Way], span: Span) -> Way:
    """Return the way that leads furthest with as many rows."""
    best, furthest = ways[0], None
    for way in ways if len(ways) > 1 else ():
        stretches = [Stretch(values, span) for values in way.stretches]
        items, window = statements.items(way.order, stretches, _LOOK)
        statement = statements.ends(way.order, oldest_first=span.oldest_first)
        ends = statement.all(connection, items, **window)
        if not ends:
            return way
        reached = span.first(id_ for _, id_ in ends)
        if furthest is None or reached in span.beyond(furthest):
            best, furthest = way, reached
    return best


class _Walker:
    """Goes along all stretches of a way side by side, as far as they have *reached*."""

    def __init__(
        self, connection: sa.Connection, narrowed: Narrowed, way: Way, span: Span
    ) -> None:
        self.found: list[bytes] = []
        self.reached: bytes | None = None
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
        # What is left of the span; stretches that may have more, and how far each was
        # read; and what was found in them ahead of others.
        self._span = span
        self._open: list[tuple[Stretch, bytes | None]] = [
            (Stretch(values, span), None) for values in way.stretches
        ]
        self._ahead: set[bytes] = set()

    @property
    def is_choosy(self) -> bool:
        """Whether not every row is taken."""
        return bool(self._conditions or self._names)

    def go_on(self, rows: int) -> None:
        """Take what is wanted of the next rows, so many at most.

        They are read where the least is known. Where a stretch ends there is nothing
        left to read.
        """
        stretches = self._take_last()
        met, ends = self._read(stretches, rows)
        for number, end in ends.items():
            stretch = stretches[number]
            rest = replace(stretch, span=stretch.span.beyond(end))
            self._open.append((rest, end))
        self._ahead |= met
        self._move_on()

    def _take_last(self) -> list[Stretch]:
        """Take from those that are open the ones that have come least far."""
        number = len(self._open)
        if self.reached is not None:
            self._open.sort(
                key=lambda one: one[1] or b"", reverse=self._span.oldest_first
            )
            number = -(-number // _LAST_SHARE)
        return [self._open.pop()[0] for _ in range(number)]

    def _move_on(self) -> None:
        """Find what no stretch can have anything before."""
        ends = [end for _, end in self._open if end is not None]
        self.reached = self._span.first(ends) if ends else None
        part = self._span if self.reached is None else self._span.up_to(self.reached)
        self.found += part.sort(id_ for id_ in self._ahead if id_ in part)
        self._ahead = {id_ for id_ in self._ahead if id_ not in part}
        if self.reached is not None:
            self._span = self._span.beyond(self.reached)

    def _read(
        self, stretches: Sequence[Stretch], rows: int
    ) -> tuple[set[bytes], dict[int, bytes]]:
        """Return what was met, and where the windows of some stretches end."""
        statement = statements.read(
            self._order,
            tuple(condition.shape for condition in self._conditions),
            tuple(names.column for names in self._names),
            oldest_first=self._span.oldest_first,
        )
        items, values = statements.items(self._order, stretches, rows)
        for number, condition in enumerate(self._conditions):
            values |= condition.bound(number)
        read = statement.all(self._connection, items, **values)
        ends = {number: id_ for number, id_, is_end, *_ in read if is_end}
        met = [(id_, *numbers) for _, id_, is_end, *numbers in read if not is_end]
        for place, names in enumerate(self._names, start=1):
            meant = names.choose(self._connection, (row[place] for row in met))
            met = [row for row in met if row[place] in meant]
        return {row[0] for row in met}, ends


def _unpack(packed: Sequence[bytes]) -> Sequence[UUID]:
    return [UUID(bytes=id_) for id_ in packed]
