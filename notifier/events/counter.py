"""Counts what is announced, once it is committed."""

from collections import Counter
from collections.abc import Mapping
from functools import cache

from notifier.db import Transaction
from notifier.events import signals
from notifier.events.announced import Announced
from notifier.events.event import Action
from notifier.metrics import Metrics


class EventCounter:
    """Keeps the count of events by action."""

    def __init__(self, metrics: Metrics) -> None:
        # Looking a series up by its label takes longer than counting.
        self._count = cache(metrics.events.labels)

    def connect(self, sender: object) -> None:
        """Hear every event that *sender* announces, as long as this object lives."""
        signals.announced.connect(self.receive, sender)

    def receive(
        self, _sender: object, *, events: Announced, transaction: Transaction
    ) -> None:
        """Count *events*, after the commit."""
        numbers = Counter(events.actions)
        transaction.after_commit(lambda: self._add(numbers))

    def _add(self, numbers: Mapping[Action, int]) -> None:
        for action, number in numbers.items():
            self._count(action).inc(number)
