"""Picking: which of some events meet a question."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from notifier.audit import conditions
from notifier.audit.narrowing import narrow
from notifier.audit.questions import Question
from notifier.audit.span import Span
from notifier.db import PreparedIn
from notifier.events.record import Recorder
from notifier.events.tables import EventRow

_COLUMNS = EventRow.__table__.columns
_MOST_REMEMBERED = 256


def pick(
    connection: sa.Connection,
    recorder: Recorder,
    question: Question,
    ids: Sequence[UUID],
) -> set[UUID]:
    """Return those of *ids* that are in the log and meet *question*.

    Any digest will do that begins as the question says.
    """
    narrowed = narrow(connection, recorder, question) if ids else None
    if narrowed is None:
        return set()
    values: dict[str, Any] = {}
    for number, condition in enumerate(narrowed.conditions):
        values |= condition.bound(number)
    tested = tuple(condition.shape for condition in narrowed.conditions)
    statement = _select(tested, tuple(names.column for names in narrowed.names))
    met = statement.all(connection, ids, **values)
    for place, names in enumerate(narrowed.names, start=1):
        meant = names.choose(connection, (row[place] for row in met))
        met = [row for row in met if row[place] in meant]
    span = Span.of(question)
    return {id_ for id_, *_ in met if id_.bytes in span}


@lru_cache(maxsize=_MOST_REMEMBERED)
def _select(tested: tuple[conditions.Shape, ...], names: tuple[str, ...]) -> PreparedIn:
    """Select the ids that meet conditions, and beside each its numbers of *names*."""
    clauses = [
        conditions.clause(shape, number, _COLUMNS)
        for number, shape in enumerate(tested)
    ]
    chosen = sa.select(EventRow.id, *(_COLUMNS[name] for name in names))
    return PreparedIn(EventRow.id, chosen.where(*clauses).where)
