"""How long each request takes until it is answered."""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Request

from notifier.web.protection import make_protection
from notifier.web.request_log import Seen
from notifier.web.requests import request_record
from notifier.web.services import Services, get_services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Where in an environment stands who has been seen by something other than Flask.
SEEN: Final = "notifier.seen"


def init_app(app: Flask) -> None:
    """Watch the requests of *app*; give each answer an id, and what protects it."""
    # Around the application, not in its hooks: those cost several times as much.
    app.wsgi_app = _Watch(app.wsgi_app, get_services(app))  # type: ignore[method-assign]  # as Flask says


class _Watch:
    """Measures how long requests last, and has them told.

    A request lasts until its answer begins; how long the client takes to read it is
    the client's affair.
    """

    def __init__(self, app: "WSGIApplication", own: Services) -> None:
        self._app = app
        self._tell = own.request_log.add
        self._protect = make_protection(own.settings)

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


def _seen(request: Request) -> Seen:
    record, rule = request_record(), request.url_rule
    return Seen(
        id=str(record.id),
        method=record.method,
        path=request.path,
        route=rule.rule if rule else "none",
        addr=record.addr,
    )
