"""A steady load: pushes and questions at a rate that leaves the server at ease.

Each is due at a time of its own, and what it took is counted from then: if the server
stands still, all that waits for it shows.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, cycle
from threading import Event, Lock, Thread
from typing import Final

from benchmarks.connection import Connection
from benchmarks.images import ONE_LAYER, build_image
from benchmarks.load import percentile
from benchmarks.operations import Operation, Unexpected, get, push

PUSHERS: Final = 4
ASKERS: Final = 2
# Of each of them.
PUSHES_PER_S: Final = 10
QUESTIONS_PER_S: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long so many operations took."""

    operations: int
    p50_ms: float
    p99_ms: float


class Steady:
    """What goes on at a server, and how long it takes."""

    def __init__(self, host: str, paths: Sequence[str]) -> None:
        self.errors: list[str] = []
        self._host = host
        self._stopping = Event()
        self._took_s: dict[str, list[float]] = {"push": [], "question": []}
        series = f"{time.time_ns():x}"
        pushes = (push(host, build_image(series, n, ONE_LAYER)) for n in count())
        questions = (get(host, path) for path in cycle(paths))
        self._threads = [
            *self._begin("push", _shared(pushes), PUSHERS, PUSHES_PER_S),
            *self._begin("question", _shared(questions), ASKERS, QUESTIONS_PER_S),
        ]

    @property
    def kinds(self) -> Sequence[str]:
        """Return what goes on."""
        return list(self._took_s)

    def take(self, kind: str) -> Latency:
        """Return how long what was done since the last time took."""
        taken, self._took_s[kind] = self._took_s[kind], []
        taken.sort()
        return Latency(
            operations=len(taken),
            p50_ms=percentile(taken, 50) * 1e3,
            p99_ms=percentile(taken, 99) * 1e3,
        )

    def stop(self) -> None:
        """End it."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _begin(
        self, kind: str, draw: Callable[[], Operation], number: int, per_s: int
    ) -> Iterator[Thread]:
        for place in range(number):
            thread = Thread(
                target=self._go_on,
                args=(kind, draw, place / number / per_s, 1 / per_s),
            )
            thread.start()
            yield thread

    def _go_on(
        self, kind: str, draw: Callable[[], Operation], after_s: float, every_s: float
    ) -> None:
        connection = Connection(self._host)
        due = time.perf_counter() + after_s
        while not self._stopping.wait(max(0.0, due - time.perf_counter())):
            try:
                connection.start(draw())
                while not connection.advance():
                    pass
            except (Unexpected, OSError) as error:
                self.errors.append(str(error))
                connection.reconnect()
            self._took_s[kind].append(time.perf_counter() - due)
            due += every_s
        connection.close()


@contextmanager
def steady(host: str, paths: Sequence[str]) -> Iterator[Steady]:
    """Load the server of *host*; its REST API is asked for *paths*."""
    load = Steady(host, paths)
    try:
        yield load
    finally:
        load.stop()


def _shared(operations: Iterator[Operation]) -> Callable[[], Operation]:
    """Let several threads draw from one iterator."""
    lock = Lock()

    def draw() -> Operation:
        with lock:
            return next(operations)

    return draw
