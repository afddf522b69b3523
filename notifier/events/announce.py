"""Where a change becomes an event: recorded, then told, in the change's transaction."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from sqlalchemy.engine import Dialect

from notifier.db import Bound, Transaction
from notifier.events import signals
from notifier.events.event import Event
from notifier.events.record import Recorder


class Announcer:
    """Announces the events of one application, the *sender* of its signals."""

    def __init__(self, sender: object, recorder: Recorder) -> None:
        self._sender = sender
        self._recorder = recorder

    def announce(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Record *events* and send their signals.

        Recording is no receiver's business: an event that was announced is in the log,
        whoever listens.
        """
        if events:
            self._recorder.insert(transaction, events)
            self._tell(transaction, events)

    def draft(self, dialect: Dialect, events: Sequence[Event]) -> list[Bound | None]:
        """Make ready for `announce_new` what can be, outside of a transaction.

        On SQLite, all others wait for a transaction.
        """
        return self._recorder.draft(dialect, events)

    def announce_new(
        self,
        transaction: Transaction,
        events: Sequence[Event],
        drafts: Sequence[Bound | None] = (),
    ) -> Sequence[Event]:
        """Do so with those of *events*, no two alike, that the log does not have.

        Return them. *drafts* are theirs, if there are any.
        """
        if not events:
            return ()
        rows = drafts or [None] * len(events)
        new = self._recorder.add(transaction, events, rows)
        if new:
            self._tell(transaction, new)
        return new

    def _tell(self, transaction: Transaction, events: Sequence[Event]) -> None:
        signals.announced.send(self._sender, events=events, transaction=transaction)
        for action, group in groupby(events, attrgetter("action")):
            if signals.BY_ACTION[action].receivers:
                signals.BY_ACTION[action].send(
                    self._sender, events=list(group), transaction=transaction
                )
