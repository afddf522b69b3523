"""Figures about the running program, in Prometheus' text format."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

_log = structlog.get_logger(__name__)

# The kinds of figures that there are here, and room for some thousand of a kind.
_KINDS = ("counter", "histogram")
_FILE_BYTES = 1024 * 1024

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_REQUEST_SECONDS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
)
_LATENCY_SECONDS = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    *(10, 30, 120, 600, 3600, 21600, 86400),
)


class Metrics:
    """The counters of one application; what other processes counted, too.

    With a *directory*, the processes that share it count in files there, and each of
    them renders the sum. The library keeps one such directory for a whole process:
    of several applications in one process, all count where the last one does.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._values = values.ValueClass = _value_class(directory)
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "notifier_http_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=registry,
        )
        self.request_seconds = Histogram(
            "notifier_http_request_duration_seconds",
            "Time from a request's arrival to its answer's last byte.",
            ("method", "route"),
            buckets=_REQUEST_SECONDS,
            registry=registry,
        )
        self.events = Counter(
            "notifier_events",
            "Events that were recorded.",
            ("action",),
            registry=registry,
        )
        self.deliveries = Counter(
            "notifier_deliveries",
            "Deliveries that came to their end.",
            ("endpoint", "outcome"),
            registry=registry,
        )
        self.attempts = Counter(
            "notifier_attempts",
            "Attempts that were made.",
            ("endpoint", "outcome"),
            registry=registry,
        )
        self.delivery_latency_seconds = Histogram(
            "notifier_delivery_latency_seconds",
            "Time from a delivery's commit to the endpoint's 2xx.",
            buckets=_LATENCY_SECONDS,
            registry=registry,
        )

    def close(self) -> None:
        """Let go of this process's files. Nothing may be counted after that."""
        if self._values is not values.MutexValue:
            self._values.close_all_files()

    def render(self, *gauges: Metric) -> bytes:
        """Return all figures, and *gauges*, which were measured just now."""
        return generate_latest(_Scrape([*self._collector().collect(), *gauges]))

    def _collector(self) -> "Collector":
        if self._directory is None:
            return self._registry
        collector: Collector = MultiProcessCollector(  # type: ignore[no-untyped-call]  # the library's types end here
            None, str(self._directory)
        )
        return collector


class _Scrape:
    """What one scrape found."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Hand over what was found."""
        return self._metrics


def _value_class(directory: Path | None) -> Any:
    if directory is None or not _has_room(directory):
        return values.MutexValue
    # The library reads the directory's name from here whenever it opens a file.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
    return values.MultiProcessValue()  # type: ignore[no-untyped-call]  # as above


def _has_room(directory: Path) -> bool:
    """Make this process's files, with room for much; tell whether there is that.

    The library has its files in memory, full of holes: whoever writes to one of those
    when the disk is full is killed by the system. Without room nothing is counted.
    """
    directory.mkdir(parents=True, exist_ok=True)
    paths = [directory / f"{kind}_{os.getpid()}.db" for kind in _KINDS]
    try:
        for path in paths:
            with path.open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, _FILE_BYTES)
    except OSError as error:
        _log.error("metrics_without_room", error=str(error))
        for path in paths:
            path.unlink(missing_ok=True)
        return False
    return True
