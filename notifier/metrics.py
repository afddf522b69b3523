"""Figures about the running program, in Prometheus' text format."""

import fcntl
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
        self._place = None if directory is None else _take_place(directory)
        self._values = values.ValueClass = _value_class(directory, self._place)
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "notifier_http_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=registry,
        )
        self.request_seconds = Histogram(
            "notifier_http_request_duration_seconds",
            "Time from a request's arrival to the beginning of its answer.",
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
        if self._place is not None:
            self._values.close_all_files()
            self._place.leave()

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


class _Place:
    """Where a process counts in a directory: the first place that no other has.

    So there are as many files as there were processes at once, and what one that has
    ended had counted is gone on with. Its first file is locked as long as the process
    has it open, in whatever container that runs.
    """

    def __init__(self, directory: Path, number: int) -> None:
        self.number = number
        self._paths = [directory / f"{kind}_{number}.db" for kind in _KINDS]
        self._first = self._paths[0].open("ab")

    @classmethod
    def take(cls, directory: Path) -> "_Place":
        """Take a place, with room for much; raise an `OSError` if there is none.

        The library has its files in memory, full of holes: whoever writes to one of
        those when the disk is full is killed by the system.
        """
        directory.mkdir(parents=True, exist_ok=True)
        number = 1
        while not (place := cls(directory, number)).lock():
            place.leave()
            number += 1
        try:
            place._fill()
        except OSError:
            place.leave()
            raise
        return place

    def lock(self) -> bool:
        """Tell whether it is this process's from now on."""
        try:
            fcntl.flock(self._first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def leave(self) -> None:
        """Let another process have it."""
        self._first.close()

    def _fill(self) -> None:
        for path in self._paths:
            with path.open("ab") as file:
                try:
                    os.posix_fallocate(file.fileno(), 0, _FILE_BYTES)
                except OSError:
                    if file.tell() == 0:
                        path.unlink()
                    raise


def _take_place(directory: Path) -> _Place | None:
    """Take a place; without room for its files, none, and nothing is counted."""
    try:
        return _Place.take(directory)
    except OSError as error:
        _log.error("metrics_without_room", error=str(error))
        return None


def _value_class(directory: Path | None, place: _Place | None) -> Any:
    if place is None:
        return values.MutexValue
    # The library reads the directory's name from here whenever it opens a file.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
    return values.MultiProcessValue(lambda: place.number)  # type: ignore[no-untyped-call]  # as above
