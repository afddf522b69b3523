"""The work of a replay: events of the log become deliveries to one endpoint."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from notifier.db import Transaction
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.filters import Filters
from notifier.delivery.outbox import Outbox
from notifier.delivery.repair.history import History, LatestPushes, Reader
from notifier.delivery.repair.selection import EventSelection
from notifier.delivery.repair.work import Part
from notifier.events.event import Event
from notifier.events.holding import hold_events
from notifier.events.record import Recorder


class ReplayWork:
    """Sends events to an *endpoint* that were recorded before *end*."""

    def __init__(
        self,
        *,
        recorder: Recorder,
        outbox: Outbox,
        endpoint: Endpoint,
        selection: EventSelection,
        end: datetime,
    ) -> None:
        self._recorder = recorder
        self._outbox = outbox
        self._endpoint = endpoint
        self._filters = _filters_of(selection, endpoint)
        self._reader: Reader = (
            LatestPushes(selection=selection, end=end)
            if selection.latest_push_per_tag
            else History(selection=selection, filters=self._filters, end=end)
        )

    def look(self, connection: sa.Connection, cursor: str, limit: int) -> Part[Event]:
        """Find events that are wanted."""
        stretch = self._reader.read(connection, cursor)
        found: list[Event] = []
        events = self._recorder.events(connection, stretch.rows)
        for event, place in zip(events, stretch.cursors, strict=True):
            if all(filters.wants(event) for filters in self._filters):
                found.append(event)
            if len(found) == limit:
                return Part(found, place)
        return Part(found, stretch.end)

    def do(self, transaction: Transaction, items: Sequence[Event]) -> None:
        """Make their deliveries, but of what has left the log since it was found."""
        held = hold_events(transaction, [event.id for event in items])
        items = [event for event in items if event.id in held]
        if items:
            self._outbox.add(transaction, self._endpoint, items)


def _filters_of(selection: EventSelection, endpoint: Endpoint) -> Sequence[Filters]:
    """Return the filters that all have to want an event."""
    wanted = () if selection.include_unwanted else (endpoint.filters,)
    return wanted if selection.filters is None else (*wanted, selection.filters)
