"""The part of a load that one process does: an epoll loop over plain sockets."""

import math
import select
import time
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from benchmarks.connection import SILENCE_S, Connection
from benchmarks.images import Image
from benchmarks.operations import Operation, Unexpected, operations, push
from benchmarks.stock import Stock


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The part of a load that one process does."""

    host: str
    acts: Sequence[str]
    series: str
    stock: Stock
    connections: int
    starts_at: float
    seconds: float


@dataclass(slots=True)
class Tally:
    """What one process did."""

    latencies_s: "array[float]" = field(default_factory=lambda: array("d"))
    errors: int = 0
    error: str = ""
    cpu_s: float = 0.0
    wall_s: float = 0.0
    done: Counter[str] = field(default_factory=Counter)

    def count(self, act: str, took_s: float) -> None:
        """Count what was done."""
        self.latencies_s.append(took_s)
        self.done[act] += 1

    def count_error(self, error: Exception) -> None:
        """Count what went wrong, and keep the first."""
        self.errors += 1
        self.error = self.error or str(error)


def push_all(host: str, images: Sequence[Image]) -> None:
    """Push each image once; raise `Unexpected` if one is refused."""
    connection = Connection(host)
    for image in images:
        connection.start(push(host, image))
        while not connection.advance():
            pass
    connection.close()


def run_share(share: Share) -> Tally:
    """Connect, wait for the common start, and do the share."""
    loop = _Loop(share)
    time.sleep(max(0.0, share.starts_at - time.monotonic()))
    return loop.run()


def _operations(share: Share) -> Iterator[tuple[str, Operation]]:
    of = {
        act: operations(act, share.host, share.series, share.stock)
        for act in share.acts
    }
    return ((act, next(of[act])) for act in cycle(share.acts))


class _Loop:
    """An epoll loop over the connections of one process."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._operations = _operations(share)
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._acts: dict[int, str] = {}
        self._tally = Tally()
        self._deadline = math.inf
        for _ in range(share.connections):
            self._add(Connection(share.host))

    def run(self) -> Tally:
        began, cpu_s = time.perf_counter(), time.process_time()
        self._deadline = began + self._share.seconds
        for connection in list(self._connections.values()):
            self._start(connection)
        while self._connections:
            ready = self._epoll.poll(SILENCE_S)
            if not ready:
                raise TimeoutError(f"{self._share.host} says nothing any more")
            for fileno, _ in ready:
                self._advance(self._connections[fileno])
        self._tally.wall_s = time.perf_counter() - began
        self._tally.cpu_s = time.process_time() - cpu_s
        self._epoll.close()
        return self._tally

    def _advance(self, connection: Connection) -> None:
        try:
            if not connection.advance():
                return
        except (Unexpected, OSError) as error:
            self._tally.count_error(error)
            self._remove(connection)
            connection.reconnect()
            self._add(connection)
        else:
            took_s = time.perf_counter() - connection.started_at
            self._tally.count(self._acts[connection.fileno()], took_s)
        if time.perf_counter() < self._deadline:
            self._start(connection)
        else:
            self._remove(connection)
            connection.close()

    def _start(self, connection: Connection) -> None:
        act, operation = next(self._operations)
        self._acts[connection.fileno()] = act
        connection.start(operation)

    def _add(self, connection: Connection) -> None:
        self._connections[connection.fileno()] = connection
        self._epoll.register(connection.fileno(), select.EPOLLIN)

    def _remove(self, connection: Connection) -> None:
        self._epoll.unregister(connection.fileno())
        del self._connections[connection.fileno()]
