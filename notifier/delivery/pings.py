"""Pings: a test event that goes to one endpoint only, by the way of all others."""

from uuid import UUID

from notifier.db import Transaction
from notifier.delivery import breakers
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.outbox import Outbox
from notifier.events.event import Action, Target
from notifier.events.origin import Origin
from notifier.events.record import Recorder


def ping(
    transaction: Transaction,
    recorder: Recorder,
    outbox: Outbox,
    endpoint: Endpoint,
    origin: Origin,
) -> UUID:
    """Record a test event and send it; return the delivery's id.

    Raises `EndpointDisabled`.
    """
    event = origin.event(Action.PING, Target(kind=None, repository=None))
    recorder.insert(transaction, [event])
    # First, for nobody is nudged about an endpoint that is left in peace.
    breakers.end_pause(transaction, endpoint.key)
    [delivery] = outbox.add(transaction, endpoint, [event])
    return delivery
