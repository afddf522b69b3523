"""Incidents: operational events, of what befell an endpoint or a delivery.

They are lines of the log, and are delivered to the endpoints that ask for them by
name. None tells of the delivery of another, and no endpoint is told of itself: else
one failure would lead to the next.
"""

import os
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from notifier import __version__
from notifier.delivery.breaker import Breaker, DisabledReason
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.endpoint import Recipient, named
from notifier.delivery.pending import Pending
from notifier.delivery.settlement import Settlement
from notifier.events.event import (
    OPERATIONAL,
    Action,
    Event,
    RequestRecord,
    Source,
)
from notifier.events.origin import Origin
from notifier.ids import uuid7


def list_incidents(
    recipient: Recipient,
    settlements: Sequence[Settlement],
    pending: Pending,
    *,
    before: Breaker,
    after: Breaker,
    disabled: DisabledReason | None,
    source: Source,
) -> list[Event]:
    """List what is to be told about a turn, which made the breaker what it is *after*.

    *disabled* says why the endpoint was disabled in that turn, if it was.
    """
    endpoint = named(recipient)
    told = [*_of_breaker(before, after), *_of_deliveries(settlements, pending)]
    if disabled is not None:
        told.append((Action.ENDPOINT_DISABLED, {"reason": disabled.value}))
    origin = Origin(request=_request(), source=source)
    return [
        origin.operational(action, {"endpoint": endpoint, **detail})
        for action, detail in told
    ]


def _of_breaker(
    before: Breaker, after: Breaker
) -> Iterator[tuple[Action, dict[str, Any]]]:
    if after.openings and not before.openings:
        yield Action.ENDPOINT_OPENED, {"failures": after.failures}
    if before.openings and not after.openings:
        yield Action.ENDPOINT_CLOSED, {}


def _of_deliveries(
    settlements: Sequence[Settlement], pending: Pending
) -> Iterator[tuple[Action, dict[str, Any]]]:
    for item in settlements:
        event = pending[item.delivery_id].body.event
        if item.state is DeliveryState.FAILED and event.action not in OPERATIONAL:
            yield (
                Action.DELIVERY_FAILED,
                {
                    "delivery": {
                        "id": str(item.delivery_id),
                        "event": str(event.id),
                        "attempts": item.number,
                        "status": item.answer.status,
                        "error": item.answer.error,
                    }
                },
            )


def _request() -> RequestRecord:
    """Describe this process in the place of a request."""
    return RequestRecord(
        id=uuid7(),
        addr="",
        host=socket.gethostname(),
        method="",
        useragent=f"notifier/{__version__} worker/{os.getpid()}",
    )
