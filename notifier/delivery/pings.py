"""Pings: a test event that goes to one endpoint only, by the way of all others."""

import time
from uuid import UUID

from notifier.db import Transaction
from notifier.delivery import breakers
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.outbox import Outbox
from notifier.events.event import Action, Event, RequestRecord, Source, Target
from notifier.events.record import Recorder
from notifier.ids import uuid7


def ping(
    transaction: Transaction,
    recorder: Recorder,
    outbox: Outbox,
    endpoint: Endpoint,
    *,
    request: RequestRecord,
    source: Source,
    actor: str | None = None,
) -> UUID:
    """Record a test event and send it; return the delivery's id.

    Raises `EndpointDisabled`.
    """
    now_ns = time.time_ns()
    event = Event(
        id=uuid7(now_ns),
        timestamp_ns=now_ns,
        action=Action.PING,
        target=Target(kind=None, repository=None),
        request=request,
        source=source,
        actor=actor,
    )
    recorder.insert(transaction, [event])
    # First, for nobody is nudged about an endpoint that is left in peace.
    breakers.end_pause(transaction, endpoint.key)
    [delivery] = outbox.add(transaction, endpoint, [event])
    return delivery
