"""What happened to a digest but pulls: its pushes, mounts and deletes; and its tags."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.answers import Entry
from notifier.audit.timelines.digest_order import (
    FIRST,
    LAST,
    NEWEST_FIRST,
    between,
)
from notifier.audit.timelines.pages import take_page
from notifier.audit.timelines.spans import Span, SpanRows, name_spans
from notifier.audit.timelines.tag_changes import (
    PUSH,
    ChangeRow,
    find_end,
    list_before,
)
from notifier.events.record import Recorder
from notifier.events.tables import IS_CHANGE, EventRow

# How many events one page may pass over.
_WINDOW: Final = 1000
_AT_ONCE: Final = 100


class DigestChanges:
    """What happened to the digest of a number, in repositories that somebody *sees*.

    Its lists have up to *limit* items, the newest first, and then what the next page is
    *before*. A page may be short, or empty, and still have a next.
    """

    def __init__(
        self,
        connection: sa.Connection,
        recorder: Recorder,
        digest_id: int,
        sees: Callable[[str], bool],
    ) -> None:
        self._connection = connection
        self._recorder = recorder
        self._digest_id = digest_id
        self._sees = sees

    def list(
        self, *, limit: int, before: UUID | None = None
    ) -> tuple[Sequence[Entry], UUID | None]:
        """List its pushes, mounts and deletes."""
        rows, next_ = take_page(self._passed(before), limit=limit, window=_WINDOW)
        events = self._recorder.events(self._connection, rows)
        entries = [
            Entry(event, row.recorded_at)
            for event, row in zip(events, rows, strict=True)
        ]
        return entries, next_

    def list_spans(
        self, *, limit: int, before: UUID | None = None
    ) -> tuple[Sequence[Span], UUID | None]:
        """List the times in which a tag pointed to it, by their beginnings."""
        passed = (
            (id_, None if row is None else self._find_span(row))
            for id_, row in self._passed(before)
        )
        spans, next_ = take_page(passed, limit=limit, window=_WINDOW)
        return name_spans(self._connection, self._recorder, spans), next_

    def _passed(
        self, before: UUID | None
    ) -> Iterator[tuple[UUID, "sa.Row[Any] | None"]]:
        """Yield the ids of the events, and the rows of those that may be seen."""
        high = LAST if before is None else before
        while True:
            named = {"digest_id": self._digest_id, "low": FIRST, "high": high}
            rows = self._connection.execute(_CHANGES, named).all()
            names = self._recorder.repositories.resolve(
                self._connection, {row.repository_id for row in rows}
            )
            for row in rows:
                name = names[row.repository_id]
                yield row.id, row if name is not None and self._sees(name) else None
            if len(rows) < _AT_ONCE:
                return
            high = rows[-1].id

    def _find_span(self, row: "sa.Row[Any]") -> SpanRows | None:
        """Return the span that a push begins, if it does."""
        if row.tag is None or row.action != PUSH:
            return None
        place = row.repository_id, row.tag
        before = list_before(self._connection, *place, row.id, limit=1)
        if before and before[0].is_push_of(self._digest_id):
            return None
        began = ChangeRow(*(getattr(row, name) for name in ChangeRow._fields))
        end = find_end(self._connection, *place, row.id, self._digest_id)
        return SpanRows(began, end)


_CHANGES = (
    sa.select(EventRow.__table__)
    # A partial index is taken only where its condition is repeated.
    .where(between("low", "high"), sa.text(IS_CHANGE))
    .order_by(*NEWEST_FIRST)
    .limit(sa.literal_column(str(_AT_ONCE)))
)
