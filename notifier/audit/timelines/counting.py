"""Counting: what was noted when it was recorded is added to the sums."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from threading import Event
from typing import Final

import sqlalchemy as sa

from notifier.audit.timelines.clients import Clients, client_of
from notifier.audit.timelines.sums import add_up
from notifier.db import Database, Transaction
from notifier.events.record import Recorder
from notifier.events.uncounted import PULL, Note, UncountedRow, read_notes

# On SQLite, whoever pushes waits until what so many notes come to is written: these are
# some three thousand pulls. The more there are, the more of them meet in one sum.
_AT_ONCE_BYTES: Final = 128 * 1024
_AT_ONCE: Final = 1000
_CATCH_UP_S: Final = 1.0


class Counting:
    """Counts what is recorded in one database, until *stopping* is set."""

    def __init__(self, database: Database, recorder: Recorder) -> None:
        self.stopping = Event()
        self._database = database
        self._recorder = recorder
        self._clients = Clients()

    def work(self) -> None:
        """Count all that is noted by now."""
        while self._step() and not self.stopping.is_set():
            pass

    def catch_up(self) -> bool:
        """Count what is noted by now, but not for long; tell whether that is all.

        Who asks for counts need not wait for a worker then, nor get what is out of date
        because there is none.
        """
        until = time.monotonic() + _CATCH_UP_S
        while self._step():
            if time.monotonic() > until:
                return False
        return True

    def _step(self) -> bool:
        """Count some of it; tell whether there was any."""
        with self._database.read() as connection:
            ids = _first_ids(connection)
            if not ids:
                return False
            contents = connection.scalars(_CONTENTS, {"ids": ids})
            notes = [note for content in contents for note in read_notes(content)]
            names = self._name_clients(connection, notes)
        sums = add_up(notes, names)
        # What two workers have read at the same time is for the one who deletes it.
        with suppress(_Counted), self._database.transaction() as transaction:
            _delete(transaction, ids)
            clients = self._clients.number(transaction, names.values())
            sums.write(transaction.connection, clients)
        return True

    def _name_clients(
        self, connection: sa.Connection, notes: Iterable[Note]
    ) -> Mapping[int, str]:
        """Return the client that each user agent of *notes* is."""
        numbers = {note.useragent_text for note in notes if note.action == PULL}
        texts = self._recorder.texts.resolve(connection, numbers)
        return {number: client_of(texts[number] or "") for number in numbers}


class _Counted(Exception):
    """Another worker has counted it."""


def _first_ids(connection: sa.Connection) -> Sequence[int]:
    """Return the ids of the first notes: of one at least, if there are any."""
    ids: list[int] = []
    size = 0
    for id_, length in connection.execute(_LENGTHS):
        size += length
        if ids and size > _AT_ONCE_BYTES:
            break
        ids.append(id_)
    return ids


def _delete(transaction: Transaction, ids: Sequence[int]) -> None:
    """Delete notes; raise `_Counted` if they are not all there any more."""
    if transaction.execute(_DELETE, {"ids": ids}).rowcount != len(ids):
        raise _Counted


_ARE_THESE = UncountedRow.id.in_(sa.bindparam("ids", expanding=True))
_LENGTHS = (
    sa.select(UncountedRow.id, sa.func.length(UncountedRow.content))
    .order_by(UncountedRow.id)
    .limit(_AT_ONCE)
)
_CONTENTS = sa.select(UncountedRow.content).where(_ARE_THESE)
_DELETE = sa.delete(UncountedRow).where(_ARE_THESE)
