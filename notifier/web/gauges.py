"""What is measured when figures are asked for: the outbox, and each endpoint."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from prometheus_client.core import GaugeMetricFamily

from notifier.db import DatabaseUnavailable
from notifier.delivery.backlog import Backlog, get_backlog
from notifier.delivery.statistics import (
    EndpointState,
    Statistics,
    statistics_by_name,
)
from notifier.web.services import Services


def measure(own: Services) -> Iterable[GaugeMetricFamily]:
    """Measure, unless the database is away: what was counted can be told anyway."""
    now = datetime.now(UTC)
    try:
        with own.database.read() as connection:
            backlog = get_backlog(connection)
            endpoints = statistics_by_name(connection, now)
    except DatabaseUnavailable:
        return []
    return [*_outbox(backlog), *_endpoints(endpoints, now)]


def _outbox(backlog: Backlog) -> Iterator[GaugeMetricFamily]:
    yield GaugeMetricFamily(
        "notifier_outbox_deliveries",
        "Deliveries that are pending.",
        backlog.deliveries,
    )
    yield GaugeMetricFamily(
        "notifier_outbox_oldest_seconds",
        "Time for which the oldest of them has been.",
        backlog.oldest_s,
    )


def _endpoints(
    endpoints: Mapping[str, Statistics], now: datetime
) -> Iterator[GaugeMetricFamily]:
    pending = GaugeMetricFamily(
        "notifier_endpoint_pending_deliveries",
        "Deliveries to the endpoint with an attempt still to come.",
        labels=["endpoint"],
    )
    oldest = GaugeMetricFamily(
        "notifier_endpoint_oldest_pending_seconds",
        "Time since the oldest of them was made.",
        labels=["endpoint"],
    )
    share = GaugeMetricFamily(
        "notifier_endpoint_success_ratio",
        "Share of the attempts of the last hour that were accepted.",
        labels=["endpoint"],
    )
    durations = GaugeMetricFamily(
        "notifier_endpoint_attempt_seconds",
        "Time that this share of the attempts of the last hour took at most.",
        labels=["endpoint", "quantile"],
    )
    states = GaugeMetricFamily(
        "notifier_endpoint_state",
        "1 for the state that the endpoint is in, 0 for the others.",
        labels=["endpoint", "state"],
    )
    for name, found in endpoints.items():
        for state in EndpointState:
            states.add_metric([name, state], float(found.state is state))
        pending.add_metric([name], found.pending)
        age_s = (now - (found.oldest_pending_at or now)).total_seconds()
        oldest.add_metric([name], max(age_s, 0.0))
        if found.success_share is not None:
            share.add_metric([name], found.success_share)
        for quantile, took_ms in (("0.5", found.p50_ms), ("0.95", found.p95_ms)):
            if took_ms is not None:
                durations.add_metric([name, quantile], took_ms / 1000)
    yield from (states, pending, oldest, share, durations)
