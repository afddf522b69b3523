"""The audit log's rows, written once in the transaction of the change and read."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, compress
from operator import attrgetter, itemgetter
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from notifier.db import Bound, Interned, Prepared, PreparedRows, Text, Transaction
from notifier.events import feed, uncounted
from notifier.events.event import Event
from notifier.events.lines import Recorded
from notifier.events.rows import (
    DIGEST_COLUMNS,
    REPOSITORY_COLUMNS,
    TEXT_COLUMNS,
    Names,
    Numbers,
    digests_of,
    event_of,
    repositories_of,
    rows_of,
    rows_that_can_be,
    strange_texts_of,
    texts_of,
)
from notifier.events.strangers import Strangers
from notifier.events.tables import DigestRow, EventRow
from notifier.registry.repositories import repository_names


class Recorder:
    """Writes and reads the rows of the audit log."""

    def __init__(self) -> None:
        self.texts = Interned(Text.id, Text.text)
        self.digests = Interned(DigestRow.id, DigestRow.digest)
        self.repositories = repository_names()
        self._strangers = Strangers(self.texts)

    def insert(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Add one row for each of *events*.

        Of hosts and programs that are too many to be kept, it tells so much.
        """
        rows = self._new_rows(transaction, events)
        _INSERT.run_many(transaction.connection, rows)
        feed.note(transaction, [event.id for event in events])
        uncounted.note(transaction.connection, map(_PICK, rows))

    def add(
        self,
        transaction: Transaction,
        events: Sequence[Event],
        rows: Sequence[Bound | None],
    ) -> Sequence[Event]:
        """Add those of *events* that are not there; return them.

        *rows* are their drafts, or as many times None.
        """
        connection = transaction.connection
        bound = self._complete(transaction, events, rows)
        are_new = _ADD.add(connection, bound)
        new = list(compress(events, are_new))
        if new:
            feed.note(transaction, [event.id for event in new])
            pick = _ADD.picker(connection.dialect, uncounted.COLUMNS)
            uncounted.note(connection, map(pick, compress(bound, are_new)))
        return new

    def draft(self, dialect: Dialect, events: Sequence[Event]) -> list[Bound | None]:
        """Return the rows of *events* as `add` takes them, outside of a transaction.

        None stands for the row of an event that names what is not remembered.
        """
        numbers = Numbers(
            self.texts.remembered,
            self.digests.remembered,
            self.repositories.remembered,
        )
        rows = list(rows_that_can_be(events, numbers))
        bound = iter(_ADD.bind(dialect, [row for row in rows if row is not None]))
        return [None if row is None else next(bound) for row in rows]

    def put_back(self, transaction: Transaction, lines: Sequence[Recorded]) -> None:
        """Add the rows that were read from an archive, but those that are there.

        They are told nobody, by no delivery and no feed, nor counted: they were when
        they were new.
        """
        rows = self.rows(transaction, [line.event for line in lines])
        for row, line in zip(rows, lines, strict=True):
            row["recorded_at"] = line.recorded_at
        _PUT_BACK.run_many(transaction.connection, rows)

    def take_back(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Let *events* count once less: each was recorded twice, and is once more."""
        rows = self.rows(transaction, events)
        uncounted.note(transaction.connection, map(_PICK, rows), times=-1)

    def rows(
        self,
        transaction: Transaction,
        events: Sequence[Event],
        stand_ins: Mapping[str, str] = MappingProxyType({}),
    ) -> list[dict[str, Any]]:
        """Return the row of each of *events*, by the names of the table's columns.

        *stand_ins* are for texts that are not to be recorded.
        """
        recorded = (texts_of(events), stand_ins.values())
        texts = self.texts.intern(
            transaction, (text for text in chain(*recorded) if text not in stand_ins)
        )
        if stand_ins:
            texts = {**texts, **{old: texts[new] for old, new in stand_ins.items()}}
        digests = self.digests.intern(transaction, digests_of(events))
        repositories = self.repositories.intern(transaction, repositories_of(events))
        return rows_of(events, Numbers(texts, digests, repositories))

    def lines(
        self, connection: sa.Connection, rows: Sequence[sa.Row[Any]]
    ) -> list[Recorded]:
        """Make of *rows*, each a whole row of the table, what `put_back` takes."""
        events = self.events(connection, rows)
        return [
            Recorded(event, row.recorded_at)
            for event, row in zip(events, rows, strict=True)
        ]

    def events(
        self, connection: sa.Connection, rows: Iterable[sa.Row[Any]]
    ) -> list[Event]:
        """Make events again of *rows*, each a whole row of the table."""
        rows = list(rows)
        names = self.names(connection, rows)
        return [event_of(row, names) for row in rows]

    def names(self, connection: sa.Connection, rows: Sequence[Any]) -> Names:
        """Find what the numbers in *rows* stand for, which have the table's columns."""
        return Names(
            self.texts.resolve(connection, _ids_of(rows, TEXT_COLUMNS)),
            self.digests.resolve(connection, _ids_of(rows, DIGEST_COLUMNS)),
            self.repositories.resolve(connection, _ids_of(rows, REPOSITORY_COLUMNS)),
        )

    def _complete(
        self,
        transaction: Transaction,
        events: Sequence[Event],
        rows: Sequence[Bound | None],
    ) -> Sequence[Bound]:
        """Make the rows that are not there yet."""
        missing = [
            event for event, row in zip(events, rows, strict=True) if row is None
        ]
        if missing:
            made = self._new_rows(transaction, missing)
            bound = iter(_ADD.bind(transaction.connection.dialect, made))
            return [next(bound) if row is None else row for row in rows]
        return [row for row in rows if row is not None]

    def _new_rows(
        self, transaction: Transaction, events: Sequence[Event]
    ) -> list[dict[str, Any]]:
        stand_ins = self._strangers.stand_ins(
            transaction.connection, strange_texts_of(events)
        )
        return self.rows(transaction, events, stand_ins)


_PICK = itemgetter(*uncounted.COLUMNS)
_INSERT = Prepared(lambda insert: insert(EventRow))
_PUT_BACK = Prepared(lambda insert: insert(EventRow).on_conflict_do_nothing())
_ADD = PreparedRows(EventRow.id, EventRow.__table__.columns.keys())


def _ids_of(rows: Sequence[Any], columns: Sequence[str]) -> Iterable[Any]:
    """Return the numbers that *rows* have there, each of them once."""
    read = attrgetter(*columns)
    return set(chain.from_iterable(map(read, rows)))
