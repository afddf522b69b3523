"""Client addresses as the log keeps them: few bytes, and a network is a range.

The first byte says what follows: 4 or 6, the bytes of an address; 0, some other text,
whatever a request named as its client. The port stands beside.
"""

import socket
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from typing import Final

_TEXT: Final = b"\x00"
_FAMILIES: Final = {b"\x04": socket.AF_INET, b"\x06": socket.AF_INET6}
_MAX_PORT: Final = 65_535


def pack_address(text: str) -> tuple[bytes, int | None]:
    """Return the bytes of ``host`` or ``host:port``, and the port if there is one.

    What `unpack_address` would not write in the same way is kept as it is.
    """
    host, colon, port = text.rpartition(":")
    if colon and host and port.isdecimal() and int(port[:6]) <= _MAX_PORT:
        packed, before_port = _pack(host.removeprefix("[").removesuffix("]"))
        if before_port and f"{before_port}:{int(port)}" == text:
            return packed, int(port)
    return _pack(text)[0], None


def unpack_address(packed: bytes, port: int | None) -> str:
    """Return the text that `pack_address` was given."""
    kind, rest = packed[:1], packed[1:]
    if kind == _TEXT:
        return rest.decode()
    host = socket.inet_ntop(_FAMILIES[kind], rest)
    return host if port is None else f"{_before_port(host)}:{port}"


def network_bounds(network: IPv4Network | IPv6Network) -> tuple[bytes, bytes]:
    """Return the first and the last address of a network, packed."""
    kind = bytes((network.version,))
    first, last = network.network_address, network.broadcast_address
    return kind + first.packed, kind + last.packed


def _before_port(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@lru_cache(maxsize=16_384)
def _pack(host: str) -> tuple[bytes, str | None]:
    """Return the bytes of *host*, and how an address is written before a port."""
    for kind, family in _FAMILIES.items():
        try:
            packed = kind + socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        if unpack_address(packed, None) == host:
            return packed, _before_port(host)
    return _TEXT + host.encode(), None
