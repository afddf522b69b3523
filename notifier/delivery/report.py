"""What became of deliveries, told in the log and in figures."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from notifier import logs
from notifier.delivery.deliveries import DeliveryState, Trigger
from notifier.delivery.endpoint import Recipient
from notifier.delivery.letters import Letter
from notifier.delivery.pending import Pending
from notifier.delivery.settlement import Settlement
from notifier.ids import made_at
from notifier.metrics import Metrics


def report(
    settlements: Sequence[Settlement],
    pending: Pending,
    recipient: Recipient,
    metrics: Metrics,
) -> None:
    """Write one line for each attempt, and count."""
    if not settlements:
        return
    _count(settlements, recipient.name, metrics)
    now = datetime.now(UTC)
    for item in settlements:
        if item.answer.is_accepted and item.trigger is Trigger.SCHEDULE:
            # An event that is replayed was recorded long before its delivery was made.
            waited = now - made_at(item.delivery_id)
            metrics.delivery_latency_seconds.observe(max(waited.total_seconds(), 0))
    about = {
        "event": "attempt",
        "endpoint": recipient.name,
        "endpoint_id": str(recipient.id),
        "url": _shown(recipient.url),
        "timestamp": now,
    }
    logs.lines_writer()(
        about | _words(item, pending[item.delivery_id]) for item in settlements
    )


def _count(settlements: Sequence[Settlement], endpoint: str, metrics: Metrics) -> None:
    attempts = Counter(_outcome(item) for item in settlements)
    for outcome, count in attempts.items():
        metrics.attempts.labels(endpoint, outcome).inc(count)
    ends = Counter(
        item.state.value
        for item in settlements
        if item.state is not DeliveryState.PENDING
    )
    for state, count in ends.items():
        metrics.deliveries.labels(endpoint, state).inc(count)


def _words(item: Settlement, letter: Letter) -> dict[str, Any]:
    return {
        "delivery_id": str(item.delivery_id),
        "event_id": str(letter.event_id),
        "number": item.number,
        "trigger": item.trigger.value,
        "status": item.answer.status,
        "error": item.answer.error,
        "duration_ms": item.answer.duration_ms,
        "outcome": _outcome(item),
        "state": item.state.value,
    }


def _outcome(item: Settlement) -> str:
    return "accepted" if item.answer.is_accepted else "failed"


def _shown(url: str) -> str:
    """Leave out the query: some receivers want their key there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
