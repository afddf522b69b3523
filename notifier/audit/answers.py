"""The log's answers: questions put to the database, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.digests import DigestAmbiguous, DigestPrefix
from notifier.audit.narrowing import narrow
from notifier.audit.questions import Question
from notifier.audit.span import Span
from notifier.audit.walk import Found, walk
from notifier.db import unsorted
from notifier.events.event import Event
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.registry.digest import Digest
from notifier.registry.repositories import EVERYTHING

_ROWS = sa.select(EventRow.__table__)


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
    """A part of an answer, in its order; the next is of what comes after *next*."""

    entries: list[Entry]
    next: UUID | None


def ask(
    connection: sa.Connection,
    recorder: Recorder,
    question: Question,
    *,
    limit: int,
    after: UUID | None = None,
) -> Page:
    """Answer *question* with up to *limit* entries, those that come *after* an event.

    A page may be short, or empty, and still have a next. Raises `DigestAmbiguous`.
    """
    found = find(connection, recorder, question, wanted=limit + 1, after=after)
    ids, next_ = found.page(limit)
    return Page(list_entries(connection, recorder, ids), next_)


def find(
    connection: sa.Connection,
    recorder: Recorder,
    question: Question,
    *,
    wanted: int,
    after: UUID | None = None,
) -> Found:
    """Find the ids of events that answer *question*, as `walk` does, *after* an event.

    Raises `DigestAmbiguous`.
    """
    if isinstance(question.digest, DigestPrefix):
        digest = _whole(connection, recorder, question.digest, question.visible)
        if digest is None:
            return Found((), None)
        question = replace(question, digest=digest)
    span = Span.of(question)
    if after is not None:
        span = span.beyond(after.bytes)
    with unsorted(connection):
        narrowed = narrow(connection, recorder, question)
        if narrowed is None:
            return Found((), None)
        return walk(connection, narrowed, span, wanted)


def get_entry(connection: sa.Connection, recorder: Recorder, id_: UUID) -> Entry:
    """Return the entry of one event; raise `EventUnknown`."""
    entries = list_entries(connection, recorder, [id_])
    if not entries:
        raise EventUnknown
    return entries[0]


def _whole(
    connection: sa.Connection,
    recorder: Recorder,
    prefix: DigestPrefix,
    visible: tuple[str, ...],
) -> Digest | None:
    """Return the one digest that begins so; those that may not be seen do not count."""
    found = prefix.find(connection)
    if visible != EVERYTHING:
        found = [
            digest
            for digest in found
            if _is_visible(connection, recorder, digest, visible)
        ]
    if len(found) > 1:
        raise DigestAmbiguous(prefix, found)
    return found[0] if found else None


def _is_visible(
    connection: sa.Connection,
    recorder: Recorder,
    digest: Digest,
    visible: tuple[str, ...],
) -> bool:
    question = Question(digest=digest, visible=visible)
    return bool(ask(connection, recorder, question, limit=1).entries)


def list_entries(
    connection: sa.Connection, recorder: Recorder, ids: Sequence[UUID]
) -> list[Entry]:
    """Return the entries of *ids*, in their order."""
    if not ids:
        return []
    rows = connection.execute(_ROWS.where(EventRow.id.in_(ids))).all()
    events = recorder.events(connection, rows)
    entries = {
        row.id: Entry(event, row.recorded_at)
        for event, row in zip(events, rows, strict=True)
    }
    return [entries[id_] for id_ in ids if id_ in entries]
