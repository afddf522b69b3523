"""The gate for what senders bring.

What it does not take, the view of the same route (`web.api.ingest`) refuses, or takes
after all: an event that comes twice is recorded once.
"""

import time
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Final

import orjson

from notifier.ids import uuid7
from notifier.ingest.intake import Tally
from notifier.ingest.source import Receipt
from notifier.web.auth.source_tokens import tokens_of
from notifier.web.request_log import Seen
from notifier.web.requests import client_addr_of
from notifier.web.services import Services
from notifier.web.watch import SEEN

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX: Final = "/api/v1/ingest/"
MAX_BODY: Final = 4 * 1024 * 1024

_MAX_DIGITS: Final = len(str(MAX_BODY))
_ROUTE: Final = f"{PREFIX}<name>"


class Gate:
    """Answers what it has taken."""

    def __init__(self, app: "WSGIApplication", own: Services) -> None:
        self._app = app
        self._own = own

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Take what a sender brings, or pass it on."""
        name = _find_name(environ)
        tally = None if name is None else self._take(environ, name)
        if tally is None:
            return self._app(environ, start_response)
        environ[SEEN] = Seen(
            id=str(uuid7()),
            method="POST",
            path=environ["PATH_INFO"],
            route=_ROUTE,
            addr=client_addr_of(environ, self._own.settings),
        )
        body = orjson.dumps(tally)
        start_response(
            "200 OK",
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"),
            ],
        )
        return [body]

    def _take(self, environ: "WSGIEnvironment", name: str) -> Tally | None:
        """Take what a sender brings, or leave it as it was and return None."""
        try:
            source = self._own.senders.admit(name, tokens_of(environ))
        except Exception:  # noqa: BLE001 - Flask meets the same, and tells of it
            return None
        if source is None or not source.enabled:
            return None
        receipt = Receipt(source=source, at_ns=time.time_ns())
        length = int(environ["CONTENT_LENGTH"])
        body = environ["wsgi.input"].read(length)
        try:
            if len(body) == length:
                return self._own.intake.take(receipt, body)
        except Exception:  # noqa: BLE001, S110 - Flask meets the same, and tells of it
            pass
        environ["wsgi.input"] = BytesIO(body)
        return None


def _find_name(environ: "WSGIEnvironment") -> str | None:
    """Return the source's name if a request is as requests to sources should be."""
    path: str = environ["PATH_INFO"]
    if not path.startswith(PREFIX) or environ["REQUEST_METHOD"] != "POST":
        return None
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or len(length) > _MAX_DIGITS:
        return None
    if not 0 < int(length) <= MAX_BODY:
        return None
    if not environ.get("CONTENT_TYPE", "").endswith("json"):
        return None
    query = environ.get("QUERY_STRING") or "token="
    is_plain = query.startswith("token=") and "&" not in query
    if not is_plain or "HTTP_CONTENT_ENCODING" in environ:
        return None
    return path.removeprefix(PREFIX)
