"""The outbox: an event's deliveries are made in the transaction of its change."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from notifier.db import Prepared, Transaction
from notifier.delivery import breakers, leases, supersession
from notifier.delivery.endpoint import Endpoint, Interest
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.errors import EndpointDisabled
from notifier.delivery.nudger import Nudger
from notifier.delivery.tables import PENDING, DeliveryRow
from notifier.events import signals
from notifier.events.event import Event
from notifier.ids import uuid7
from notifier.registry.repositories import repository_names


class Wanted(NamedTuple):
    """An event that an endpoint is to hear of, by the endpoint's key."""

    key: int
    event: Event
    lane: int | None = None


class Outbox:
    """Makes deliveries of what one application announces."""

    def __init__(self, endpoints: EndpointStore, nudger: Nudger) -> None:
        self._endpoints = endpoints
        self._nudger = nudger
        self._repositories = repository_names()

    def connect(self, sender: object) -> None:
        """Hear every event that *sender* announces, as long as this object lives."""
        signals.announced.connect(self.receive, sender)

    def receive(
        self, _sender: object, *, events: Sequence[Event], transaction: Transaction
    ) -> None:
        """Make a delivery for each endpoint that wants one of *events*."""
        wanted = [
            Wanted(interest.key, event, self._lane(transaction, interest, event))
            for interest in self._endpoints.list_interests(transaction.connection)
            for event in events
            if interest.covers(event)
        ]
        if wanted:
            self._put(transaction, wanted)

    def add(
        self, transaction: Transaction, endpoint: Endpoint, events: Iterable[Event]
    ) -> list[UUID]:
        """Make deliveries for one endpoint, whatever it wants; return their ids.

        They belong to no lane: what somebody asks for waits for nothing else. Raises
        `EndpointDisabled`.
        """
        if not endpoint.enabled:
            raise EndpointDisabled
        return self._put(transaction, [Wanted(endpoint.key, event) for event in events])

    def _lane(
        self, transaction: Transaction, interest: Interest, event: Event
    ) -> int | None:
        """Return the lane of a delivery; cancel what it makes pointless there."""
        name = event.target.repository
        if not interest.policy.has_lanes or name is None:
            return None
        lane = self._repositories.intern_one(transaction, name)
        if interest.policy.supersede:
            supersession.cancel_superseded(transaction, interest.key, lane, event)
        return lane

    def _put(self, transaction: Transaction, wanted: Sequence[Wanted]) -> list[UUID]:
        now = datetime.now(UTC)
        ids = [uuid7() for _ in wanted]
        rows = [
            {
                "id": id_,
                "event_id": event.id,
                "endpoint_id": key,
                "state": PENDING,
                "attempts": 0,
                "due_at": now,
                "lane": lane,
            }
            for id_, (key, event, lane) in zip(ids, wanted, strict=True)
        ]
        _INSERT.run_many(transaction.connection, rows)
        # A drain at work sees what is new by itself, and who is left in peace is not to
        # be sent anything. On PostgreSQL a drain may let go at this very moment and
        # miss it: then the sweep finds it, a second later.
        connection = transaction.connection
        cared_for = leases.list_live(connection, now) | breakers.list_paused(
            connection, now
        )
        if idle := {key for key, *_ in wanted} - cared_for:
            transaction.after_commit(lambda: self._nudger.nudge(idle))
        return ids


_INSERT = Prepared(lambda insert: insert(DeliveryRow))
