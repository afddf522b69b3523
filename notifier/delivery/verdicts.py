"""Verdicts: which endpoints wanted an event, and why the others did not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from notifier.delivery.deliveries import Delivery, find_deliveries
from notifier.delivery.endpoint import Endpoint
from notifier.events.event import Action, Event


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event is not wanted: *rule* is for programs, *text* for people."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether *endpoint* wanted an event: *delivery*, or the *refusal*.

    It has neither if its delivery is not on record any more.
    """

    endpoint: Endpoint
    delivery: Delivery | None
    refusal: Refusal | None


def judge(
    connection: sa.Connection,
    event: Event,
    recorded_at: datetime,
    endpoints: Sequence[Endpoint],
) -> list[Verdict]:
    """Return the verdict of each of *endpoints*, in their order.

    A delivery proves that the event was wanted, whatever was changed since.
    """
    keys = [endpoint.key for endpoint in endpoints]
    deliveries = find_deliveries(connection, event.id, keys)
    verdicts = []
    for endpoint in endpoints:
        delivery = deliveries.get(endpoint.key)
        refusals = _refusals(endpoint, event, recorded_at)
        refusal = None if delivery else next(refusals, None)
        verdicts.append(Verdict(endpoint, delivery, refusal))
    return verdicts


def _refusals(
    endpoint: Endpoint, event: Event, recorded_at: datetime
) -> Iterator[Refusal]:
    """Yield what kept the event from the endpoint, that which came first first."""
    if event.action is Action.PING:
        yield Refusal("ping", "a ping goes only to the endpoint that it tests")
    if endpoint.created_at > recorded_at:
        yield Refusal("made_later", "the endpoint was made after the event")
    if not endpoint.enabled:
        yield Refusal("disabled", "the endpoint is disabled")
    if rule := endpoint.filters.refused_by(event):
        yield Refusal(rule.name, rule.describe(event))
    if not endpoint.format.can_tell(event):
        name = endpoint.format.type
        yield Refusal("format", f"the format {name} has no words for such an event")
    if endpoint.updated_at > recorded_at:
        yield Refusal(
            "changed_later", "it would be wanted now: the endpoint was changed since"
        )
