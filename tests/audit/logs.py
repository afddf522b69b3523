"""Logs to ask: filled with events that come in a known order."""

from collections.abc import Iterable, Sequence

from notifier.db import Database
from notifier.events.event import Event
from notifier.events.record import Recorder

# 2026-05-01T00:00:00Z
DAY_NS = 1_777_593_600 * 10**9
SECOND_NS = 10**9


def fill(database: Database, recorder: Recorder, events: Iterable[Event]) -> None:
    """Record *events*, all in one transaction."""
    with database.transaction() as transaction:
        recorder.insert(transaction, list(events))


def newest_first(events: Sequence[Event]) -> list[Event]:
    """Return *events* in the order of every answer."""
    return sorted(events, key=lambda event: event.id, reverse=True)
