"""The log's answers: questions put to the database, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.questions import Question, Stretch, find_stretch
from notifier.events.event import Event
from notifier.events.record import Recorder
from notifier.events.tables import EventRow

# How many rows one page may pass over. A question that few rows meet is answered in
# several pages, some of them short or empty, and never in one that takes minutes.
_WINDOW = 20_000

_EVENT = sa.select(EventRow.__table__).where(EventRow.id == sa.bindparam("id"))


class EventUnknown(Exception):
    """No event has that id."""

    def __init__(self) -> None:
        super().__init__("there is no such event")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log: an event, and when it was written down."""

    event: Event
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A part of an answer, newest first; the next is of what is older than *next*."""

    entries: list[Entry]
    next: UUID | None


def ask(
    connection: sa.Connection,
    recorder: Recorder,
    question: Question,
    *,
    limit: int,
    before: UUID | None = None,
) -> Page:
    """Answer *question* with up to *limit* entries, older than *before* if given.

    A page may be short, or empty, and still have a next.
    """
    stretch = find_stretch(connection, recorder, question, before)
    if stretch is None:
        return Page([], None)
    floor = _floor(connection, stretch)
    if floor is not None:
        stretch = replace(stretch, low=floor)
    rows = connection.execute(stretch.entries(limit + 1)).all()
    entries = _entries(connection, recorder, rows[:limit])
    more = len(rows) > limit
    return Page(entries, entries[-1].event.id if more else floor)


def get_entry(connection: sa.Connection, recorder: Recorder, id_: UUID) -> Entry:
    """Return the entry of one event; raise `EventUnknown`."""
    rows = connection.execute(_EVENT, {"id": id_}).all()
    if not rows:
        raise EventUnknown
    return _entries(connection, recorder, rows)[0]


def _floor(connection: sa.Connection, stretch: Stretch) -> UUID | None:
    """Return the last id that this page may look at, or None if it may look at all."""
    if not stretch.conditions:
        return None
    floor: UUID | None = connection.scalar(stretch.nth(_WINDOW))
    return floor


def _entries(
    connection: sa.Connection, recorder: Recorder, rows: Sequence[sa.Row[Any]]
) -> list[Entry]:
    events = recorder.events(connection, rows)
    return [
        Entry(event, row.recorded_at) for event, row in zip(events, rows, strict=True)
    ]
