"""Counts what is announced, once it is committed."""

from collections.abc import Sequence

from notifier.db import Transaction
from notifier.events import signals
from notifier.events.event import Event
from notifier.metrics import Metrics


class EventCounter:
    """Keeps the count of events by action."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def connect(self, sender: object) -> None:
        """Hear every event that *sender* announces, as long as this object lives."""
        signals.connect_all(self.receive, sender)

    def receive(
        self, _sender: object, *, events: Sequence[Event], transaction: Transaction
    ) -> None:
        """Count *events*, which are all of one action, after the commit."""
        series = self._metrics.events.labels(events[0].action)
        transaction.after_commit(lambda: series.inc(len(events)))
