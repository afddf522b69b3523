"""Where a change becomes an event: recorded, then told, in the change's transaction."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from notifier.db import Database, Transaction
from notifier.events import signals
from notifier.events.announced import Announced
from notifier.events.event import Event
from notifier.events.record import Draft, Recorder


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
            actions = [event.action for event in events]
            self._tell(transaction, Announced(events, range(len(events)), actions))

    def draft(self, database: Database, events: Sequence[Event]) -> Sequence[Draft]:
        """Make ready for `announce_new` what can be, outside of a transaction.

        On SQLite, all others wait for a transaction. Raises `DatabaseUnavailable`.
        """
        return self._recorder.draft(database, events)

    def announce_new(
        self,
        transaction: Transaction,
        events: Sequence[Event],
        drafts: Sequence[Draft] | None = None,
    ) -> Sequence[bool]:
        """Do so with those of *events*, no two alike, that the log does not have.

        Tell of each whether it is one of them. With their *drafts*, those are not
        looked at whose rows are there, unless a receiver does.
        """
        if not events:
            return ()
        if drafts is None:
            drafts = [Draft(event.id.bytes) for event in events]
        added = self._recorder.add(transaction, drafts, events)
        places = [place for place, action in enumerate(added) if action is not None]
        if places:
            actions = [action for action in added if action is not None]
            self._tell(transaction, Announced(events, places, actions))
        return [action is not None for action in added]

    def _tell(self, transaction: Transaction, events: Announced) -> None:
        signals.announced.send(self._sender, events=events, transaction=transaction)
        if not any(signal.receivers for signal in _SIGNALS):
            return
        for action, group in groupby(events, attrgetter("action")):
            signals.BY_ACTION[action].send(
                self._sender, events=list(group), transaction=transaction
            )


_SIGNALS = set(signals.BY_ACTION.values())
