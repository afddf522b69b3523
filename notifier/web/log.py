"""One line and one count for each request."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from http import HTTPMethod
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Flask, Request

from notifier.web.protection import make_protection
from notifier.web.requests import request_record
from notifier.web.services import Services, get_services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Where in an environment stands who has been seen by something other than Flask.
SEEN: Final = "notifier.seen"

_METHODS = frozenset(HTTPMethod)
_MAX_PATH = 512
_NS_PER_MS = 1_000_000
_NS_PER_S = 1_000_000_000


def init_app(app: Flask) -> None:
    """Watch the requests of *app*; give each answer an id, and what protects it."""
    # Around the application, not in its hooks: those cost several times as much.
    app.wsgi_app = _Watch(app.wsgi_app, get_services(app))  # type: ignore[method-assign]  # as Flask says


class Seen(NamedTuple):
    """A request, as its line tells of it. Its path has no query: that holds secrets."""

    id: str
    method: str
    path: str
    route: str
    addr: str


class _Watch:
    """Writes the lines and keeps the counts.

    A request lasts until its answer begins; how long the client takes to read it is
    the client's affair.
    """

    def __init__(self, app: "WSGIApplication", own: Services) -> None:
        self._app = app
        self._metrics = own.metrics
        self._protect = make_protection(own.settings)
        self._lines = own.lines
        self._series: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        begun_ns = time.perf_counter_ns()

        def start(
            status: str, headers: list[tuple[str, str]], *exc_info: Any
        ) -> Callable[[bytes], object]:
            duration_ns = time.perf_counter_ns() - begun_ns
            seen = environ.get(SEEN) or _seen(environ["werkzeug.request"])
            self._tell(seen, int(status[:3]), duration_ns)
            headers.append(("X-Request-Id", seen.id))
            self._protect(headers)
            return start_response(status, headers, *exc_info)

        return self._app(environ, start)

    def _tell(self, seen: Seen, status: int, duration_ns: int) -> None:
        """Log and count a request."""
        self._count(seen, status, duration_ns)
        line = {
            "event": "request",
            "method": seen.method,
            "path": _printable(seen.path),
            "status": status,
            "duration_ms": round(duration_ns / _NS_PER_MS, 3),
            "addr": seen.addr,
            "request_id": seen.id,
            "timestamp": datetime.now(UTC),
        }
        self._lines.add(line)

    def _count(self, seen: Seen, status: int, duration_ns: int) -> None:
        method = seen.method if seen.method in _METHODS else "other"
        key = method, seen.route, status
        series = self._series.get(key)
        if series is None:
            # Looking a series up by its labels takes longer than counting.
            series = self._series[key] = (
                self._metrics.requests.labels(*key),
                self._metrics.request_seconds.labels(*key[:2]),
            )
        series[0].inc()
        series[1].observe(duration_ns / _NS_PER_S)


def _seen(request: Request) -> Seen:
    record, rule = request_record(), request.url_rule
    return Seen(
        id=str(record.id),
        method=record.method,
        path=request.path,
        route=rule.rule if rule else "none",
        addr=record.addr,
    )


def _printable(path: str) -> str:
    """Return *path* such that no line of the log is of a client's making."""
    if path.isprintable() and len(path) <= _MAX_PATH:
        return path
    return ascii(path[:_MAX_PATH])
