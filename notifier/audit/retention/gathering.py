"""Gathering: reads what is past its time, part by part, for the next archive."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.retention.doubles import Doubles
from notifier.audit.retention.pace import Pace
from notifier.audit.retention.removal import delete_rows
from notifier.audit.retention.search import Search
from notifier.db import Database, Transaction
from notifier.events.lines import Recorded
from notifier.events.record import Recorder
from notifier.events.tables import EventRow

# How long it looks for the first part, and for all of them.
_LOOK_S: Final = 1.0
_GATHER_S: Final = 60.0


class Gathering:
    """What is found from the event *cursor* on.

    *guard* is called before each part, and raises if there are to be no more. Doubles
    are deleted on the way, in transactions that *secure* lets go on.
    """

    def __init__(
        self,
        *,
        database: Database,
        recorder: Recorder,
        search: Search,
        doubles: Doubles,
        cursor: UUID,
        guard: Callable[[], None],
        secure: Callable[[Transaction], None],
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._search = search
        self._doubles = doubles
        self._guard = guard
        self._secure = secure
        self.cursor = cursor
        self.examined = 0
        self.waiting = 0
        self.is_over = False

    def parts(self, pace: Pace) -> Iterator[Sequence[Recorded]]:
        """Yield what is to go into an archive; what was yielded counts as gone."""
        began = time.monotonic()
        until = began + _LOOK_S
        while not self.is_over and time.monotonic() < until:
            self._guard()
            looked_at = time.monotonic()
            if part := self._look():
                yield part
                until = began + _GATHER_S
            pace.rest(time.monotonic() - looked_at)

    def _look(self) -> Sequence[Recorded]:
        with self._database.read() as connection:
            found = self._search.look(connection, self.cursor)
            lines = self._read(connection, [id_ for id_, _ in found.expired])
        doubles = self._doubles.find(lines)
        if doubles:
            with self._database.transaction() as transaction:
                self._secure(transaction)
                stay = delete_rows(transaction, sorted(doubles))
                gone = [line.event for line in lines if line.event.id in doubles - stay]
                self._recorder.take_back(transaction, gone)
        self.examined += found.examined
        self.waiting += found.waiting
        self.cursor = found.cursor
        self.is_over = found.is_over
        return [line for line in lines if line.event.id not in doubles]

    def _read(
        self, connection: sa.Connection, ids: Sequence[UUID]
    ) -> Sequence[Recorded]:
        if not ids:
            return ()
        wanted = set(ids)
        rows = connection.execute(_BETWEEN, {"first": ids[0], "last": ids[-1]})
        return self._recorder.lines(
            connection, [row for row in rows if row.id in wanted]
        )


_BETWEEN: "sa.Select[Any]" = (
    sa.select(EventRow.__table__)
    .where(EventRow.id >= sa.bindparam("first"), EventRow.id <= sa.bindparam("last"))
    .order_by(EventRow.id)
)
