"""The audit log's rows, written once in the transaction of the change and read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, compress
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from notifier.db import (
    Bound,
    Database,
    Interned,
    PreparedRows,
    Row,
    Text,
    Transaction,
)
from notifier.events import feed, uncounted
from notifier.events.event import Action, Event
from notifier.events.lines import Recorded
from notifier.events.rows import (
    DIGEST_COLUMNS,
    DIGEST_PLACE,
    REPOSITORY_COLUMNS,
    TEXT_COLUMNS,
    Names,
    Numbers,
    action_named,
    digest_of,
    digests_of,
    event_of,
    picker,
    repositories_of,
    rows_of,
    rows_without_digests,
    strange_texts_of,
    texts_of,
)
from notifier.events.strangers import Strangers
from notifier.events.tables import DigestRow, EventRow
from notifier.registry.digest import Digest
from notifier.registry.repositories import repository_names


class Draft(NamedTuple):
    """What an event is in the log: the bytes of its *id*, its *digest*, and its row.

    The number of the digest is not in the row yet: events often tell of what is new.
    No row can be made of an event that names anything else that is not remembered.
    """

    id: bytes
    row: Bound | None = None
    digest: Digest | None = None


class Recorder:
    """Writes and reads the rows of the audit log."""

    def __init__(self) -> None:
        self.texts = Interned(Text.id, Text.text)
        self.digests = Interned(DigestRow.id, DigestRow.digest)
        self.repositories = repository_names()
        self._strangers = Strangers(self.texts)

    def insert(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Add one row for each of *events*.

        Of hosts and programs that are too many to be kept, it tells so much. Raises a
        `ValueError` if one is there.
        """
        drafts = [Draft(event.id.bytes) for event in events]
        if None in self.add(transaction, drafts, events):
            raise ValueError("an event of that id is recorded already")

    def add(
        self,
        transaction: Transaction,
        drafts: Sequence[Draft],
        events: Sequence[Event],
    ) -> Sequence[Action | None]:
        """Add the rows that are not there.

        Tell of each what its event did, or None where it was there. Of *events*, those
        are looked at whose drafts have no row.
        """
        connection = transaction.connection
        rows = self._complete(transaction, drafts, events)
        are_new = _ADD.add(connection, rows)
        if any(are_new):
            feed.note(transaction, [draft.id for draft in compress(drafts, are_new)])
            uncounted.note(connection, map(_COUNTED, compress(rows, are_new)))
        return [
            action_named(_ACTION(row)) if is_new else None
            for row, is_new in zip(rows, are_new, strict=True)
        ]

    def draft(self, database: Database, events: Sequence[Event]) -> Sequence[Draft]:
        """Make the rows of *events* ready for `add`, outside of a transaction.

        Raises `DatabaseUnavailable`.
        """
        dialect = database.engine.dialect
        drafts = self._draft(dialect, events)
        strange = [place for place, draft in enumerate(drafts) if draft.row is None]
        if strange:
            # Others may have met what this process has not.
            unknown = [events[place] for place in strange]
            with database.read() as connection:
                self._look_up(connection, unknown)
            again = self._draft(dialect, unknown)
            for place, draft in zip(strange, again, strict=True):
                drafts[place] = draft
        return drafts

    def put_back(self, transaction: Transaction, lines: Sequence[Recorded]) -> None:
        """Add the rows that were read from an archive, but those that are there.

        They are told nobody, by no delivery and no feed, nor counted: they were when
        they were new.
        """
        rows = self.rows(
            transaction,
            [line.event for line in lines],
            recorded_at=[line.recorded_at for line in lines],
        )
        connection = transaction.connection
        _ADD.add(connection, _ADD.bind(connection.dialect, rows))

    def take_back(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Let *events* count once less: each was recorded twice, and is once more."""
        rows = self.rows(transaction, events)
        uncounted.note(transaction.connection, map(_COUNTED, rows), times=-1)

    def rows(
        self,
        transaction: Transaction,
        events: Sequence[Event],
        recorded_at: Sequence[datetime] | None = None,
    ) -> list[Row]:
        """Return the row of each of *events*, which were *recorded_at* these times.

        That is now, if no times are given. All texts of theirs are recorded.
        """
        return rows_of(events, self._numbers(transaction, events), recorded_at)

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

    def _draft(self, dialect: Dialect, events: Sequence[Event]) -> list[Draft]:
        """Make those rows for which all numbers are remembered."""
        numbers = Numbers(
            self.texts.remembered,
            self.digests.remembered,
            self.repositories.remembered,
        )
        rows = list(rows_without_digests(events, numbers))
        known = [row for row in rows if row is not None]
        bound = iter(_ADD.bind(dialect, known))
        return [
            Draft(event.id.bytes)
            if row is None
            else Draft(event.id.bytes, next(bound), digest_of(event))
            for event, row in zip(events, rows, strict=True)
        ]

    def _look_up(self, connection: sa.Connection, events: Sequence[Event]) -> None:
        """Remember what the database knows of what *events* name."""
        self.texts.look_up(connection, texts_of(events))
        self.digests.look_up(connection, digests_of(events))
        self.repositories.look_up(connection, repositories_of(events))

    def _complete(
        self,
        transaction: Transaction,
        drafts: Sequence[Draft],
        events: Sequence[Event],
    ) -> Sequence[Bound]:
        """Make the rows that are not there yet, and put the digests into those."""
        missing = [
            events[place] for place, draft in enumerate(drafts) if draft.row is None
        ]
        numbers = self._numbers(
            transaction,
            missing,
            stand_ins=self._stand_ins(transaction, missing),
            digests=[draft.digest for draft in drafts],
        )
        rows = rows_of(missing, numbers)
        made = iter(_ADD.bind(transaction.connection.dialect, rows))
        completed = []
        for draft in drafts:
            if draft.row is None:
                completed.append(next(made))
            else:
                draft.row[DIGEST_PLACE] = numbers.digests[draft.digest]
                completed.append(draft.row)
        return completed

    def _stand_ins(
        self, transaction: Transaction, events: Sequence[Event]
    ) -> Mapping[str, str]:
        return self._strangers.stand_ins(
            transaction.connection, strange_texts_of(events)
        )

    def _numbers(
        self,
        transaction: Transaction,
        events: Sequence[Event],
        *,
        stand_ins: Mapping[str, str] = MappingProxyType({}),
        digests: Iterable[Digest | None] = (),
    ) -> Numbers:
        """Give numbers to what *events* name, and to *digests*.

        *stand_ins* are for texts that are not to be recorded. Each table has one turn,
        always in this order: so no two transactions wait for each other.
        """
        recorded = (texts_of(events), stand_ins.values())
        texts = self.texts.intern(
            transaction, (text for text in chain(*recorded) if text not in stand_ins)
        )
        if stand_ins:
            texts = {**texts, **{old: texts[new] for old, new in stand_ins.items()}}
        return Numbers(
            texts,
            self.digests.intern(transaction, chain(digests_of(events), digests)),
            self.repositories.intern(transaction, repositories_of(events)),
        )


_ADD = PreparedRows(EventRow.id)
_COUNTED = picker(uncounted.COLUMNS)
_ACTION = picker(["action"])


def _ids_of(rows: Sequence[Any], columns: Sequence[str]) -> Iterable[Any]:
    """Return the numbers that *rows* have there, each of them once."""
    read = attrgetter(*columns)
    return set(chain.from_iterable(map(read, rows)))
