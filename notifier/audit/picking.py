"""Picking: which of some events meet a question."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.answers import Entry
from notifier.audit.questions import Question, find_stretch
from notifier.events.record import Recorder
from notifier.events.tables import EventRow

_ROWS = sa.select(EventRow.__table__)


def pick(
    connection: sa.Connection,
    recorder: Recorder,
    question: Question,
    ids: Sequence[UUID],
) -> Mapping[UUID, Entry]:
    """Return the entries of those of *ids* that meet *question*, by their ids."""
    stretch = find_stretch(connection, recorder, question) if ids else None
    if stretch is None:
        return {}
    conditions = [EventRow.id >= stretch.low, EventRow.id < stretch.high]
    if stretch.order is not None:
        column, value = stretch.order
        conditions.append(column == value)
    rows = connection.execute(
        _ROWS.where(EventRow.id.in_(ids), *conditions, *stretch.conditions)
    ).all()
    events = recorder.events(connection, rows)
    return {
        event.id: Entry(event, row.recorded_at)
        for event, row in zip(events, rows, strict=True)
    }
