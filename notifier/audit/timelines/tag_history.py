"""The history of a tag: what it has pointed to, and from when to when.

It is read from the pushes and deletes of the tag that the log has, in the order of
their times. A push of what the tag points to already changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.cursor import CursorInvalid
from notifier.audit.timelines.errors import RepositoryUnknown
from notifier.audit.timelines.spans import Span, SpanRows, name_spans
from notifier.audit.timelines.tag_changes import (
    PUSH,
    ChangeRow,
    find_end,
    list_before,
)
from notifier.events.record import Recorder
from notifier.ids import first_uuid7

# How many pushes and deletes one page may pass over.
_WINDOW: Final = 20_000
_AT_ONCE: Final = 200
_LAST: Final = UUID(int=2**128 - 1)
# An id tells its time to a quarter of a microsecond; what is below that is chance.
_CHANCE: Final = 1 << 64


class TagHistory:
    """The history of one tag. Raises `RepositoryUnknown`."""

    def __init__(
        self, connection: sa.Connection, recorder: Recorder, repository: str, tag: str
    ) -> None:
        self._connection = connection
        self._recorder = recorder
        number = recorder.repositories.find(connection, repository)
        if number is None:
            raise RepositoryUnknown
        self._place = number, tag

    def list(
        self, *, limit: int, before: UUID | None = None
    ) -> tuple[Sequence[Span], UUID | None]:
        """Return up to *limit* spans, newest first, and what the next page is before.

        A page may be short, or empty, and still have a next: what is pushed again many
        thousand times is told in parts. Raises `CursorInvalid`.
        """
        ended = None if before is None else self._change(before)
        walk = _Walk(self._connection, *self._place, before)
        found: list[SpanRows] = []
        for span in _spans(walk, ended):
            if len(found) == limit:
                return self._named(found), found[-1].began.id
            found.append(span)
        return self._named(found), walk.last if walk.is_cut else None

    def find(self, at_ns: int) -> Span | None:
        """Return what the tag pointed to at that time, if it did, from when to when."""
        # Before that, nothing happened.
        high = UUID(int=first_uuid7(max(at_ns, 0)).int + _CHANCE)
        span = next(_spans(_Walk(self._connection, *self._place, high), None), None)
        if span is None or span.ended is not None:
            return None
        digest_id = span.began.digest_id
        ended = find_end(self._connection, *self._place, high, digest_id)
        [found] = self._named([SpanRows(span.began, ended)])
        return found

    def _change(self, id_: UUID) -> ChangeRow:
        """Return a change of the tag; raise `CursorInvalid`."""
        high = UUID(int=min(id_.int + 1, _LAST.int))
        rows = list_before(self._connection, *self._place, high, limit=1)
        if not rows or rows[0].id != id_:
            raise CursorInvalid
        return rows[0]

    def _named(self, spans: Sequence[SpanRows]) -> Sequence[Span]:
        return name_spans(self._connection, self._recorder, spans)


class _Walk:
    """The changes of a tag with ids below *high*, the newest first.

    It is cut when a page may pass over no more; *last* is the last of them then.
    """

    def __init__(
        self, connection: sa.Connection, repository_id: int, tag: str, high: UUID | None
    ) -> None:
        self._connection = connection
        self._place = repository_id, tag
        self.last = high
        self.is_cut = False

    def __iter__(self) -> Iterator[ChangeRow]:
        """Yield them, read a few at a time."""
        for _ in range(_WINDOW // _AT_ONCE):
            rows = list_before(
                self._connection, *self._place, self.last, limit=_AT_ONCE
            )
            for row in rows:
                self.last = row.id
                yield row
            if len(rows) < _AT_ONCE:
                return
        self.is_cut = True


def _spans(rows: Iterable[ChangeRow], ended: ChangeRow | None) -> Iterator[SpanRows]:
    """Yield the spans of *rows*, newest first; what follows has *ended* one."""
    began: ChangeRow | None = None
    for row in rows:
        if began is not None and not row.is_push_of(began.digest_id):
            yield SpanRows(began, ended)
            began, ended = None, began
        if row.action == PUSH:
            began = row
        else:
            ended = row
    if began is not None:
        yield SpanRows(began, ended)
