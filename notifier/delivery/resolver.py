"""Names to addresses, within a deadline: the system's own look-up has none."""

import socket
import threading
import time
from collections.abc import Sequence

from notifier.delivery.addresses import Address, parse_address

_DEADLINE_S = 2.0
_MAX_LOOKUPS = 8


class Resolver:
    """Looks names up, a few at a time. Threads may share it."""

    def __init__(self) -> None:
        self._slots = threading.BoundedSemaphore(_MAX_LOOKUPS)

    def resolve(self, host: str) -> Sequence[Address]:
        """Return the addresses of *host*; none if they are not known in time.

        A look-up that takes longer goes on in its thread, and keeps its slot: names
        that nobody answers for cannot fill the process with threads.
        """
        until = time.monotonic() + _DEADLINE_S
        found: list[Address] = []

        def look_up() -> None:
            try:
                found.extend(resolve(host))
            finally:
                self._slots.release()

        if not self._slots.acquire(timeout=_DEADLINE_S):
            return []
        thread = threading.Thread(target=look_up, name="resolver", daemon=True)
        thread.start()
        thread.join(max(until - time.monotonic(), 0))
        return list(found)


def resolve(host: str) -> Sequence[Address]:
    """Return the addresses of *host*, however long that takes; none if it has none."""
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    ends = [parse_address(str(entry[4][0])) for entry in entries]
    return [end for end in ends if end is not None]
