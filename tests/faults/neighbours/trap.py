"""A trap: a port on addresses that nothing may be sent to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.faults.neighbours.places import FORBIDDEN

_LOOK_EVERY_S = 0.2


class Trap:
    """Takes connections on one port of all these addresses, and counts them."""

    def __init__(self) -> None:
        self.connections = 0
        self._is_over = threading.Event()
        self._sockets = [socket.create_server((FORBIDDEN[0], 0))]
        self.port: int = self._sockets[0].getsockname()[1]
        for host in FORBIDDEN[1:]:
            # Not every machine has IPv6.
            with suppress(OSError):
                end = (host, self.port)
                self._sockets.append(socket.create_server(end, family=socket.AF_INET6))
        self._threads = [
            threading.Thread(target=self._count, args=(each,)) for each in self._sockets
        ]
        for thread in self._threads:
            thread.start()

    @property
    def url(self) -> str:
        """Return a URL that leads into it."""
        return f"http://{FORBIDDEN[0]}:{self.port}/"

    def close(self) -> None:
        """Take no further connections."""
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        for each in self._sockets:
            each.close()

    def _count(self, listening: socket.socket) -> None:
        listening.settimeout(_LOOK_EVERY_S)
        while not self._is_over.is_set():
            with suppress(TimeoutError):
                listening.accept()[0].close()
                self.connections += 1


@contextmanager
def trap() -> Iterator[Trap]:
    """Set a trap."""
    made = Trap()
    try:
        yield made
    finally:
        made.close()
