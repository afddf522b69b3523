"""What became of deliveries, told in the log and in figures."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from notifier import logs
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.endpoints import Recipient
from notifier.delivery.letters import Letter
from notifier.delivery.settlement import Settlement
from notifier.metrics import Metrics


def report(
    settlements: Sequence[Settlement],
    letters: Mapping[UUID, Letter],
    recipient: Recipient,
    metrics: Metrics,
) -> None:
    """Write one line for each attempt, and count."""
    write_line = logs.line_writer()
    name = recipient.name
    for item in settlements:
        letter = letters[item.delivery_id]
        outcome = "accepted" if item.answer.is_accepted else "failed"
        metrics.attempts.labels(name, outcome).inc()
        if item.state is not DeliveryState.PENDING:
            metrics.deliveries.labels(name, item.state.value).inc()
        if item.answer.is_accepted:
            waited = datetime.now(UTC) - letter.body.recorded_at
            metrics.delivery_latency_seconds.observe(max(waited.total_seconds(), 0))
        write_line(
            event="attempt",
            endpoint=name,
            endpoint_id=str(recipient.id),
            url=_shown(recipient.url),
            delivery_id=str(item.delivery_id),
            event_id=str(letter.event_id),
            number=item.number,
            trigger=item.trigger.value,
            status=item.answer.status,
            error=item.answer.error,
            duration_ms=item.answer.duration_ms,
            outcome=outcome,
            state=item.state.value,
        )


def _shown(url: str) -> str:
    """Leave out the query: some receivers want their key there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
