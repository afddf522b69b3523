"""The part of a load that one process does: an epoll loop over plain sockets."""

import math
import select
import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, cycle

from benchmarks.connection import SILENCE_S, Connection
from benchmarks.images import (
    Image,
    Operation,
    Unexpected,
    build_image,
    fetch,
    get_steps,
    head_steps,
    pull_steps,
    push,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The part of a load that one process does."""

    host: str
    workload: str
    series: str
    images: Sequence[Image]
    connections: int
    starts_at: float
    seconds: float


@dataclass(slots=True)
class Tally:
    """What one process did."""

    latencies_s: "array[float]"
    errors: int = 0
    error: str = ""
    cpu_s: float = 0.0
    wall_s: float = 0.0


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


def _operations(share: Share) -> Iterator[Operation]:
    if share.workload == "push":
        return (push(share.host, build_image(share.series, n)) for n in count())
    steps_of = {"pull": pull_steps, "get": get_steps, "head": head_steps}
    rounds = [steps_of[share.workload](share.host, image) for image in share.images]
    return (fetch(steps) for steps in cycle(rounds))


class _Loop:
    """An epoll loop over the connections of one process."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._operations = _operations(share)
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._tally = Tally(array("d"))
        self._deadline = math.inf
        for _ in range(share.connections):
            self._add(Connection(share.host))

    def run(self) -> Tally:
        began, cpu_s = time.perf_counter(), time.process_time()
        self._deadline = began + self._share.seconds
        for connection in list(self._connections.values()):
            connection.start(next(self._operations))
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
            self._tally.errors += 1
            self._tally.error = self._tally.error or str(error)
            self._remove(connection)
            connection.reconnect()
            self._add(connection)
        else:
            took_s = time.perf_counter() - connection.started_at
            self._tally.latencies_s.append(took_s)
        if time.perf_counter() < self._deadline:
            connection.start(next(self._operations))
        else:
            self._remove(connection)
            connection.close()

    def _add(self, connection: Connection) -> None:
        self._connections[connection.fileno()] = connection
        self._epoll.register(connection.fileno(), select.EPOLLIN)

    def _remove(self, connection: Connection) -> None:
        self._epoll.unregister(connection.fileno())
        del self._connections[connection.fileno()]
