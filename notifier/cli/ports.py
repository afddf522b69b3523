"""Where to listen: an address that is ours and a port that is free."""

import errno
import socket

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


def is_listening(settings: Settings) -> bool:
    """Tell whether the server takes connections."""
    family, address = _resolved(settings)
    target = _LOOPBACK.get(address, address)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((target, settings.port)) == 0


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
