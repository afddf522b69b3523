"""What must hold: a sentence for each thing that does not."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.faults.ledger import Entry
from tests.faults.listener import Receipt
from tests.faults.neighbours.cast import HEALTHY, Role
from tests.faults.neighbours.fare import Fare
from tests.faults.neighbours.memory import Sample, growth_by_process, growth_of_all
from tests.faults.neighbours.places import ALLOWED
from tests.faults.reckoning import reckon

_P99_S = 1.0
_RATE_SHARE = 0.98
_TOLD = {"push", "pull", "mount", "delete"}


def events_for_all(log: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those that everybody is told of: all but pings and incidents."""
    return [event for event in log if event["action"] in _TOLD]


def what_was_told(
    role: Role,
    entries: Sequence[Entry],
    log: Sequence[dict[str, Any]],
    receipts: Sequence[Receipt],
) -> Iterable[str]:
    """Compare what a receiver has accepted with the log, and the log with the ledger.

    It may have accepted something twice if it was too slow to be heard, once.
    """
    if not role.takes_all:
        if receipts:
            yield f"{role.name} has accepted {len(receipts)} deliveries"
        return
    pings = {event["id"] for event in log if event["action"] == "ping"}
    told = [receipt for receipt in receipts if receipt.webhook_id not in pings]
    may_repeat = role.name != HEALTHY
    found = reckon(entries, events_for_all(log), told, may_repeat=may_repeat).findings
    yield from (f"{role.name}: {finding}" for finding in found)


def where_it_went(role: Role, attempts: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """Look at what is on record of an endpoint that tries to lead elsewhere."""
    if not attempts:
        yield f"{role.name} was never attempted"
    for attempt in attempts:
        came_to = attempt["status"], attempt["error"]
        if came_to != role.answers:
            yield f"an attempt at {role.name} came to {came_to}, not {role.answers}"
        if attempt["peer"] not in {None, ALLOWED}:
            yield f"an attempt at {role.name} went to {attempt['peer']}"


def what_was_trapped(connections: int) -> Iterable[str]:
    """Tell of connections to where nothing may be sent."""
    if connections:
        yield f"{connections} connections to a forbidden address"


def what_took_too_long(
    healthy: Fare, *, rate: float, reached_rate: float
) -> Iterable[str]:
    """Tell whether the healthy receiver had to wait, and whether that was tried."""
    if reached_rate < rate * _RATE_SHARE:
        yield f"the load came to {reached_rate:.1f} events a second, not to {rate:g}"
    if healthy.p99_s is None or healthy.p99_s > _P99_S:
        yield f"the healthy receiver's p99 is {healthy.p99_s} s, and not below {_P99_S}"


def what_grew(samples: Sequence[Sample]) -> Iterable[str]:
    """Tell of memory that was not flat."""
    growths = {
        "the server": growth_of_all(samples),
        **{f"process {pid}": g for pid, g in growth_by_process(samples).items()},
    }
    for name, growth in growths.items():
        if not growth.is_flat:
            yield f"{name} grew from {growth.early_mb:.0f} to {growth.late_mb:.0f} MB"
