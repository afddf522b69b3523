"""Counts what is announced, once it is committed."""

from collections import Counter
from collections.abc import Mapping, Sequence

from notifier.db import Transaction
from notifier.events import signals
from notifier.events.event import Action, Event
from notifier.metrics import Metrics


class EventCounter:
    """Keeps the count of events by action."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def connect(self, sender: object) -> None:
        """Hear every event that *sender* announces, as long as this object lives."""
        signals.announced.connect(self.receive, sender)

    def receive(
        self, _sender: object, *, events: Sequence[Event], transaction: Transaction
    ) -> None:
        """Count *events*, after the commit."""
        numbers = Counter(event.action for event in events)
        transaction.after_commit(lambda: self._add(numbers))

    def _add(self, numbers: Mapping[Action, int]) -> None:
        for action, number in numbers.items():
            self._metrics.events.labels(action).inc(number)
