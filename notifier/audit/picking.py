"""Picking: which of some events meet a question."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.answers import Entry
from notifier.audit.conditions import clause
from notifier.audit.narrowing import narrow
from notifier.audit.questions import Question
from notifier.audit.span import Span
from notifier.events.record import Recorder
from notifier.events.tables import EventRow

_COLUMNS = EventRow.__table__.columns
_ROWS = sa.select(EventRow.__table__)


def pick(
    connection: sa.Connection,
    recorder: Recorder,
    question: Question,
    ids: Sequence[UUID],
) -> Mapping[UUID, Entry]:
    """Return the entries of those of *ids* that meet *question*, by their ids.

    Any digest will do that begins as the question says.
    """
    if not ids:
        return {}
    narrowed = narrow(connection, recorder, question)
    if narrowed is None:
        return {}
    span = Span.of(question)
    conditions, values = [], dict[str, Any]()
    for number, condition in enumerate(narrowed.conditions):
        conditions.append(clause(condition.shape, number, _COLUMNS))
        values |= condition.bound(number)
    within = EventRow.id.in_([id_ for id_ in ids if id_ in span])
    rows = connection.execute(_ROWS.where(within, *conditions), values).all()
    for names in narrowed.names:
        numbers = [getattr(row, names.column) for row in rows]
        meant = names.choose(connection, numbers)
        rows = [
            row for row, number in zip(rows, numbers, strict=True) if number in meant
        ]
    events = recorder.events(connection, rows)
    return {
        event.id: Entry(event, row.recorded_at)
        for event, row in zip(events, rows, strict=True)
    }
