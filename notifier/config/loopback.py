"""Whether an address to listen on is this machine's own, which no other reaches."""

import socket
from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Tell whether to listen on *host* is to listen on loopback only.

    An IPv4 address may also be written as resolvers still take it: ``127.1``.
    """
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    ends = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries]
    return bool(ends) and all(end.is_loopback for end in ends)
