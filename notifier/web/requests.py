"""The current request, as events remember it."""

from typing import TYPE_CHECKING

from flask import Request, g, request

from notifier.access.networks import network_of
from notifier.events.event import RequestRecord
from notifier.events.origin import Origin
from notifier.ids import uuid7
from notifier.web import proxies
from notifier.web.services import services

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# A stranger chooses these texts, and the log keeps them.
_MAX_USERAGENT = 512
_MAX_HOST = 255


def request_record() -> RequestRecord:
    """Return the current request, the same record however often it is asked for."""
    record: RequestRecord | None = g.get("request_record")
    if record is None:
        current = _current()
        record = g.request_record = RequestRecord(
            id=uuid7(),
            addr=_client_addr(current),
            host=current.host[:_MAX_HOST],
            method=current.method,
            useragent=_storable(current.headers.get("User-Agent", "")[:_MAX_USERAGENT]),
        )
    return record


def current_origin() -> Origin:
    """Return who is asking, by which request, and where."""
    actor, credential = g.get("actor") or (None, None)
    return Origin(
        request=request_record(),
        source=services().source,
        actor=actor,
        credential=credential,
    )


def client_host() -> str:
    """Return the client's address without its port."""
    return proxies.without_port(request_record().addr)


def client_network() -> str:
    """Return what stands for all addresses that the client can have."""
    return network_of(client_host())


def registry_url() -> str:
    """Return the URL before ``/v2/``, as the client knows it."""
    settings = services().settings
    if settings.public_url:
        return settings.public_url
    current = _current()
    return proxies.registry_url(
        scheme=current.scheme,
        host=current.host[:_MAX_HOST],
        peer=peer_of(current.environ),
        headers=current.headers,
        prefix=current.script_root,
        proxies=settings.trusted_proxies,
    )


def peer_of(environ: "WSGIEnvironment") -> str:
    """Return the address at the connection's other end, with its port if known."""
    addr: str = environ.get("REMOTE_ADDR") or ""
    port = environ.get("REMOTE_PORT")
    return f"{addr}:{port}" if port and ":" not in addr else addr


def _current() -> Request:
    # The proxy looks the request up anew for each attribute.
    current: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask documents it
    return current


def _client_addr(current: Request) -> str:
    """Return the client's address; behind trusted proxies, the one that they name."""
    return proxies.client_addr(
        peer_of(current.environ), current.headers, services().settings.trusted_proxies
    )


def _storable(text: str) -> str:
    """Return *text* without what a database cannot hold: NUL and half characters."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode(errors="replace").decode()
