"""The current request, as events remember it."""

from typing import TYPE_CHECKING

from flask import g, request
from werkzeug.datastructures import EnvironHeaders
from werkzeug.wsgi import get_host

from notifier.access.networks import network_of
from notifier.config import Settings
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
        record = record_of(request.environ, services().settings)
        g.request_record = record
    return record


def record_of(environ: "WSGIEnvironment", settings: Settings) -> RequestRecord:
    """Make the record of a request that has just come in."""
    return RequestRecord(
        id=uuid7(),
        addr=client_addr_of(environ, settings),
        host=get_host(environ)[:_MAX_HOST],
        method=environ["REQUEST_METHOD"].upper(),
        useragent=_storable(environ.get("HTTP_USER_AGENT", "")[:_MAX_USERAGENT]),
    )


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
    """Return the URL before ``/v2/``, as the current client knows it."""
    return url_of(request.environ, request_record(), services().settings)


def url_of(
    environ: "WSGIEnvironment", record: RequestRecord, settings: Settings
) -> str:
    """Return the URL before ``/v2/``, as the client knows it that sends a request."""
    if settings.public_url:
        return settings.public_url
    return proxies.registry_url(
        scheme=environ["wsgi.url_scheme"],
        host=record.host,
        peer=_peer_of(environ),
        headers=EnvironHeaders(environ),
        prefix=environ.get("SCRIPT_NAME", "").rstrip("/"),
        proxies=settings.trusted_proxies,
    )


def client_addr_of(environ: "WSGIEnvironment", settings: Settings) -> str:
    """Return the client's address; behind trusted proxies, the one that they name."""
    return proxies.client_addr(
        _peer_of(environ), EnvironHeaders(environ), settings.trusted_proxies
    )


def _peer_of(environ: "WSGIEnvironment") -> str:
    """Return the address at the connection's other end, with its port if known."""
    addr: str = environ.get("REMOTE_ADDR") or ""
    if ":" in addr:
        addr = proxies.plain_address(addr) or addr
    port = environ.get("REMOTE_PORT")
    return f"{addr}:{port}" if port and ":" not in addr else addr


def _storable(text: str) -> str:
    """Return *text* without what a database cannot hold: NUL and half characters."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode(errors="replace").decode()
