"""Where a change becomes an event: recorded, then told, in the change's transaction."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

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

    def announce_new(
        self,
        transaction: Transaction,
        events: Sequence[Event],
        rows: Sequence[Bound] | None = None,
    ) -> Sequence[Event]:
        """Do so with those of *events*, no two alike, that the log does not have.

        Return them. *rows* are theirs, if they were drafted before.
        """
        if not events:
            return ()
        if rows is None:
            rows = self._recorder.draft(transaction, events)
        new = self._recorder.add(transaction, events, rows)
        self._tell(transaction, new)
        return new

    def _tell(self, transaction: Transaction, events: Sequence[Event]) -> None:
        for action, group in groupby(events, attrgetter("action")):
            signals.BY_ACTION[action].send(
                self._sender, events=list(group), transaction=transaction
            )
