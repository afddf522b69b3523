"""Following: what comes to the log after a mark, in the order of the commits.

Nothing is left out, and nothing comes twice, whoever writes at the same time and
whatever time events tell: see `notifier.events.feed`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final, Self
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.picking import pick
from notifier.audit.questions import Question
from notifier.db import Database
from notifier.events import feed
from notifier.events.feed import Addition
from notifier.events.record import Recorder

# How many events are looked at in a step, and additions if these are small.
_MOST_EVENTS: Final = 500
_MOST_ADDITIONS: Final = 100

_FORM: Final = re.compile(
    r"([1-9][0-9]{0,17})"
    r"(?:\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))?",
    re.ASCII,
)


class MarkInvalid(Exception):
    """A text that is no mark."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far somebody has read: up to an event that was added at a position.

    An addition that names no event has none. The event tells the log that has it from
    another one, or from this one after a backup of it was put back.
    """

    position: int
    event: UUID | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` has written; raise `MarkInvalid`."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise MarkInvalid
        return cls(int(match[1]), UUID(match[2]) if match[2] else None)

    def __str__(self) -> str:
        """Write it such that it stands in a line of a header."""
        return f"{self.position}.{self.event}" if self.event else str(self.position)


@dataclass(frozen=True, slots=True)
class Told:
    """What a step has found: events that meet the question, each with its mark.

    *is_last* is whether nothing more was there at the time. *gap_until* is there if the
    mark to go on from was not: what was recorded since then is told, and of what was
    before that, something may not have been.
    """

    events: Sequence[tuple[Mark, UUID]]
    is_last: bool
    gap_until: datetime | None


class Following:
    """Reads on from *mark*, what meets a question; without one, all that is left."""

    def __init__(
        self, recorder: Recorder, question: Question, mark: Mark | None
    ) -> None:
        self._recorder = recorder
        self._question = question
        self.mark = mark

    @classmethod
    def from_now(
        cls, database: Database, recorder: Recorder, question: Question
    ) -> Self:
        """Begin behind all that there is."""
        newest = _find_newest(database)
        if newest is None:
            with database.transaction() as transaction:
                # Else there would be no mark to go on from before the first event.
                feed.note(transaction, ())
            newest = _find_newest(database)
        return cls(recorder, question, _end_of(newest) if newest else None)

    def step(self, connection: sa.Connection) -> Told:
        """Read some of what has come, and move the mark behind it."""
        gap_until = None
        additions = self._list_additions(connection)
        if self.mark and not (additions and _is_in(self.mark, additions[0])):
            self.mark = None
            additions = self._list_additions(connection)
            gap_until = additions[0].recorded_at if additions else datetime.now(UTC)
        ahead = list(islice(self._ahead(additions), _MOST_EVENTS + 1))
        is_cut = len(ahead) > _MOST_EVENTS
        del ahead[_MOST_EVENTS:]
        if is_cut:
            self.mark, _ = ahead[-1]
        elif additions:
            self.mark = _end_of(additions[-1])
        ids = [id_ for _, id_ in ahead]
        met = pick(connection, self._recorder, self._question, ids)
        return Told(
            [(mark, id_) for mark, id_ in ahead if id_ in met],
            is_last=not is_cut and len(additions) < _MOST_ADDITIONS,
            gap_until=gap_until,
        )

    def _list_additions(self, connection: sa.Connection) -> list[Addition]:
        position = self.mark.position if self.mark else 0
        return feed.list_from(connection, position, _MOST_ADDITIONS)

    def _ahead(self, additions: Iterable[Addition]) -> Iterator[tuple[Mark, UUID]]:
        """Yield each event that *additions* name behind our own mark, with its mark."""
        for addition in additions:
            ids = addition.ids
            if self.mark and _is_in(self.mark, addition) and self.mark.event:
                ids = ids[ids.index(self.mark.event) + 1 :]
            for id_ in ids:
                yield Mark(addition.position, id_), id_


def _find_newest(database: Database) -> Addition | None:
    with database.read() as connection:
        return feed.find_newest(connection)


def _end_of(addition: Addition) -> Mark:
    return Mark(addition.position, addition.last)


def _is_in(mark: Mark, addition: Addition) -> bool:
    if mark.position != addition.position:
        return False
    return mark.event in addition.ids if mark.event else not addition.packed
