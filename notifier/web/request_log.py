"""One line and one count for each request, a moment later: those of a moment together.

To write and to count takes system calls and locks, at which the interpreter goes to
another thread: a fifth of what a request costs, were it done at each.
"""

import threading
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPMethod
from typing import Any, Final, NamedTuple

import structlog

from notifier import logs
from notifier.metrics import Metrics

_log = structlog.get_logger(__name__)

_MOMENT_S: Final = 0.05
# Where requests come faster than they can be told, whoever is answered next tells.
_MOST: Final = 1000
_METHODS: Final = frozenset(HTTPMethod)
_MAX_PATH: Final = 512
_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000


class Seen(NamedTuple):
    """A request, as its line tells of it. Its path has no query: that holds secrets."""

    id: str
    method: str
    path: str
    route: str
    addr: str


class _Answered(NamedTuple):
    """A request, its answer's status, how long that took, and when it was given."""

    seen: Seen
    status: int
    duration_ns: int
    at: datetime


class RequestLog:
    """Tells of requests. Threads share it."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._write = logs.lines_writer()
        self._waiting: deque[_Answered] = deque()
        self._are_some = threading.Event()
        self._is_closed = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._series: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    def add(self, seen: Seen, status: int, duration_ns: int) -> None:
        """Have a request told that is answered just now."""
        self._waiting.append(_Answered(seen, status, duration_ns, datetime.now(UTC)))
        if not self._are_some.is_set():
            self._are_some.set()
            if self._thread is None:
                self._start()
        if len(self._waiting) > _MOST:
            self.flush()

    def flush(self) -> None:
        """Tell what waits."""
        self._are_some.clear()
        answered = []
        with suppress(IndexError):
            while True:
                answered.append(self._waiting.popleft())
        if answered:
            self._count(answered)
            # A full disk keeps nobody from being answered.
            with suppress(OSError):
                self._write(map(_words, answered))

    def close(self) -> None:
        """Tell what waits; no more may come."""
        self._is_closed.set()
        self._are_some.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                # A web process makes it after its fork: a thread stays with its parent.
                self._thread = threading.Thread(
                    target=self._run, name="request log", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        while not self._is_closed.is_set():
            self._are_some.wait()
            self._is_closed.wait(_MOMENT_S)
            try:
                self.flush()
            except Exception:  # noqa: BLE001 - without this loop, requests would tell
                _log.exception("requests_not_told")

    def _count(self, answered: Sequence[_Answered]) -> None:
        numbers: Counter[Any] = Counter()
        for seen, status, duration_ns, _ in answered:
            method = seen.method if seen.method in _METHODS else "other"
            key = method, seen.route, status
            series = self._series.get(key)
            if series is None:
                # Looking a series up by its labels takes longer than counting.
                series = self._series[key] = (
                    self._metrics.requests.labels(*key),
                    self._metrics.request_seconds.labels(*key[:2]),
                )
            requests, seconds = series
            numbers[requests] += 1
            seconds.observe(duration_ns / _NS_PER_S)
        for requests, number in numbers.items():
            requests.inc(number)


def _words(answered: _Answered) -> dict[str, Any]:
    seen, status, duration_ns, at = answered
    return {
        "event": "request",
        "method": seen.method,
        "path": _printable(seen.path),
        "status": status,
        "duration_ms": round(duration_ns / _NS_PER_MS, 3),
        "addr": seen.addr,
        "request_id": seen.id,
        "timestamp": at,
    }


def _printable(path: str) -> str:
    """Return *path* such that no line of the log is of a client's making."""
    if path.isprintable() and len(path) <= _MAX_PATH:
        return path
    return ascii(path[:_MAX_PATH])
