"""Where to listen: an address that is ours and a port that is free."""

import errno
import socket
import ssl
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from notifier.config import ConfigError, Settings


def find_address(settings: Settings) -> str:
    """Return the numeric address to listen on; raise `ConfigError` if it cannot be.

    The processes of a web server share its port, and would share it with a stranger
    without a word. So it is tried in a way that suffers nobody else.
    """
    family, address = _resolved(settings)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, settings.port))
        except OSError as error:
            where = f"{settings.host} port {settings.port}"
            if error.errno == errno.EADDRINUSE:
                reason = "another program listens there: set NOTIFIER_PORT"
            else:
                reason = error.strerror or str(error)
            raise ConfigError(f"cannot listen on {where}: {reason}") from None
    return address


def is_serving(settings: Settings) -> bool:
    """Tell whether the server answers requests."""
    _, address = _resolved(settings)
    host = _LOOPBACK.get(address, address)
    connection = (
        HTTPConnection(host, settings.port, timeout=_ANSWER_S)
        if settings.tls_certificate is None
        else HTTPSConnection(
            host, settings.port, timeout=_ANSWER_S, context=_any_certificate()
        )
    )
    with closing(connection):
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False


def _any_certificate() -> ssl.SSLContext:
    """Set up a connection to ourselves, by an address that no certificate names."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


_ANSWER_S = 1.0
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared only


def _resolved(settings: Settings) -> tuple[int, str]:
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )
    except OSError as error:
        raise ConfigError(f"NOTIFIER_HOST: {error.strerror}") from None
    family, _, _, _, address = found[0]
    return family, str(address[0])
