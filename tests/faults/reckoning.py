"""The reckoning: what was acknowledged, beside what is there."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.ledger import Change, Entry
from tests.faults.listener import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """Figures, and *findings*: a sentence for each thing that is not as it must be.

    *lost_in_log* counts acknowledged requests without their events, one of each,
    *lost_to_receiver* events that the receiver has not been told of.
    """

    answered: int
    recorded: int
    delivered: int
    duplicates: int
    lost_in_log: int
    lost_to_receiver: int
    findings: Sequence[str]


def reckon(
    entries: Sequence[Entry],
    log: Sequence[dict[str, Any]],
    receipts: Sequence[Receipt],
    *,
    may_repeat: bool,
) -> Reckoning:
    """Compare the ledger with the log, and the log with the receipts.

    A request that was not acknowledged may have its event or not. No event is to be
    delivered twice, unless deliveries *may_repeat*.
    """
    recorded = {event["id"]: event for event in log}
    received = Counter(receipt.webhook_id for receipt in receipts)
    lost_in_log = list(_lost_in_log(entries, log))
    lost_to_receiver = [id_ for id_ in recorded if id_ not in received]
    duplicates = received.total() - len(received)
    findings = [
        *lost_in_log,
        *(f"event {id_} did not reach the receiver" for id_ in lost_to_receiver),
        *(f"the log has event {id_} twice" for id_ in _repeated(log)),
        *_wrong_receipts(receipts, recorded),
    ]
    if duplicates and not may_repeat:
        findings.append(f"{duplicates} deliveries of what was delivered already")
    return Reckoning(
        answered=len(entries),
        recorded=len(recorded),
        delivered=len(received),
        duplicates=duplicates,
        lost_in_log=len(lost_in_log),
        lost_to_receiver=len(lost_to_receiver),
        findings=findings,
    )


def _lost_in_log(
    entries: Iterable[Entry], log: Iterable[dict[str, Any]]
) -> Iterable[str]:
    by_request = defaultdict(list)
    for event in log:
        # A ping is of no repository.
        if event["action"] != "ping":
            by_request[event["request"]["id"]].append(_change(event))
    for entry in entries:
        found = by_request[entry.request_id]
        if Counter(found) != Counter(entry.changes):
            yield (
                f"request {entry.request_id} was acknowledged as {entry.changes}, "
                f"the log has {found or 'nothing'}"
            )


def _change(event: dict[str, Any]) -> Change:
    target = event["target"]
    return Change(
        event["action"], target["repository"], target["digest"], target.get("tag")
    )


def _repeated(log: Iterable[dict[str, Any]]) -> list[str]:
    counts = Counter(event["id"] for event in log)
    return [id_ for id_, count in counts.items() if count > 1]


def _wrong_receipts(
    receipts: Iterable[Receipt], recorded: dict[str, dict[str, Any]]
) -> Iterable[str]:
    for receipt in receipts:
        if not receipt.is_signed:
            yield f"the signature of {receipt.webhook_id} is wrong"
        known = recorded.get(receipt.webhook_id)
        told = json.loads(receipt.body)["events"]
        if told != [known]:
            yield f"{receipt.webhook_id} was told as {told}, the log has {known}"
