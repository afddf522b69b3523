"""Where a change becomes an event: recorded, then told, in the change's transaction."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from notifier.db import Transaction
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
        if not events:
            return
        self._recorder.insert(transaction, events)
        for action, group in groupby(events, attrgetter("action")):
            signals.BY_ACTION[action].send(
                self._sender, events=list(group), transaction=transaction
            )
