"""The current request, as events remember it."""

from flask import g, request

from notifier.events.event import RequestRecord
from notifier.ids import uuid7
from notifier.web import proxies
from notifier.web.services import services

# A stranger chooses these texts, and the log keeps them.
_MAX_USERAGENT = 512
_MAX_HOST = 255


def request_record() -> RequestRecord:
    """Return the current request, the same record however often it is asked for."""
    record: RequestRecord | None = g.get("request_record")
    if record is None:
        record = g.request_record = RequestRecord(
            id=uuid7(),
            addr=client_addr(),
            host=request.host[:_MAX_HOST],
            method=request.method,
            useragent=_storable(request.headers.get("User-Agent", "")[:_MAX_USERAGENT]),
        )
    return record


def client_addr() -> str:
    """Return the client's address; behind trusted proxies, the one that they name."""
    return proxies.client_addr(
        _peer(), request.headers, services().settings.trusted_proxies
    )


def registry_url() -> str:
    """Return the URL before ``/v2/``, as the client knows it."""
    settings = services().settings
    if settings.public_url:
        return settings.public_url
    return proxies.registry_url(
        scheme=request.scheme,
        host=request.host[:_MAX_HOST],
        peer=_peer(),
        headers=request.headers,
        prefix=request.script_root,
        proxies=settings.trusted_proxies,
    )


def _storable(text: str) -> str:
    """Return *text* without what a database cannot hold: NUL and half characters."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode(errors="replace").decode()


def _peer() -> str:
    addr: str = request.environ.get("REMOTE_ADDR") or ""
    port = request.environ.get("REMOTE_PORT")
    return f"{addr}:{port}" if port and ":" not in addr else addr
