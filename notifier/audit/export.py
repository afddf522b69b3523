"""Exports: a whole answer as lines, the oldest first, in little memory.

An export that was cut off goes on behind its last whole line, which names its event.
What comes to the log meanwhile with an older time is behind it then: exports are in the
order of the events' times, and `notifier.audit.following` in that of the commits.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from notifier.audit import cells
from notifier.audit.answers import find
from notifier.audit.items import render_item
from notifier.audit.questions import Question
from notifier.audit.rows import read_rows
from notifier.db import Database, unmapped
from notifier.events.lines import BEGINNING, find_id
from notifier.events.record import Recorder
from notifier.events.rows import Names

# How many events a part has, or somewhat more, if there are as many.
_AT_ONCE: Final = 512


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write lines.

    *render* writes rows as `read_rows` gives them, *find_id* reads the id of the event
    of a whole line, or raises `ValueError`. *head* stands before all lines; what is
    written to a file begins with *beginning*.
    """

    media_type: str
    head: bytes
    beginning: bytes
    render: Callable[[Sequence[Any], Names], bytes]
    find_id: Callable[[bytes], UUID]


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines, and the event of the last of them."""

    content: bytes
    events: int
    last: UUID


class Export:
    """The answer to a question, in a format, behind the event *after* if given."""

    def __init__(
        self,
        database: Database,
        recorder: Recorder,
        question: Question,
        format_: Format,
        after: UUID | None = None,
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._question = replace(question, oldest_first=True)
        self._format = format_
        self._after = after

    @property
    def head(self) -> bytes:
        """Return what stands before the first line."""
        return b"" if self._after else self._format.head

    def parts(self) -> Iterator[Part | None]:
        """Yield it part by part; no connection is held meanwhile.

        None is for a look at the log that has found nothing as yet.
        """
        after = self._after
        while True:
            with self._database.read() as connection, unmapped(connection):
                found = find(
                    connection,
                    self._recorder,
                    self._question,
                    wanted=_AT_ONCE,
                    after=after,
                )
                ids = found.ids
                rows = [row for row in read_rows(connection, ids) if row]
                names = self._recorder.names(connection, rows)
            yield self._part(ids, rows, names) if rows else None
            after = found.reached
            if after is None:
                return

    def _part(self, ids: Sequence[UUID], rows: Sequence[Any], names: Names) -> Part:
        return Part(self._format.render(rows, names), len(rows), ids[-1])


def _render_items(rows: Sequence[Any], names: Names) -> bytes:
    return b"".join([render_item(row, names) + b"\n" for row in rows])


def _find_in_record(line: bytes) -> UUID:
    return UUID(line.partition(b",")[0].decode())


FORMATS: Final = {
    "ndjson": Format(
        media_type="application/x-ndjson",
        head=b"",
        beginning=BEGINNING,
        render=_render_items,
        find_id=find_id,
    ),
    "csv": Format(
        media_type="text/csv; charset=utf-8; header=present",
        head=cells.render_head(),
        beginning=cells.render_head(),
        render=cells.render_records,
        find_id=_find_in_record,
    ),
}
