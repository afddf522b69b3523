"""The load: several clients push, pull, tell of and delete images."""

import queue
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from tests.faults.client import Client, GaveUp
from tests.faults.images import Image
from tests.faults.ledger import Ledger

_CLIENTS = 8
# The part of the load within which things happen.
_FROM, _TO = 0.05, 0.9
_JITTER_S = 0.05
_LOOK_EVERY_S = 0.5


class Load:
    """Pushes, in progress while it is `running`."""

    def __init__(
        self,
        urls: Sequence[str],
        images: Sequence[Image],
        on_push: Callable[[], None],
        token: str,
    ) -> None:
        self.ledger = Ledger()
        self.pushed = 0
        self.failures: list[str] = []
        self._size = len(images)
        self._on_push = on_push
        self._token = token
        self._changed = threading.Condition()
        self._images: queue.SimpleQueue[Image] = queue.SimpleQueue()
        for image in images:
            self._images.put(image)
        # Each client knows all hosts, and not all begin with the same.
        self._threads = [
            threading.Thread(target=self._work, args=([*urls[n:], *urls[:n]],))
            for n in (client % len(urls) for client in range(_CLIENTS))
        ]

    def moments(self, number: int, source: random.Random) -> Iterator[int]:
        """Count moments at random, each when its time has come.

        A moment that has passed while the caller was busy comes at once.
        """
        low, high = int(self._size * _FROM), int(self._size * _TO)
        marks = sorted(source.randint(low, high) for _ in range(number))
        for count, mark in enumerate(marks, 1):
            self._wait_for(mark)
            time.sleep(source.uniform(0, _JITTER_S))
            yield count

    @contextmanager
    def running(self) -> Iterator[None]:
        """Push all; they are pushed, or given up, when the block has ended."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        except BaseException:
            self._abandon()
            raise
        finally:
            for thread in self._threads:
                thread.join()

    def _abandon(self) -> None:
        """Begin no further push."""
        with suppress(queue.Empty):
            while True:
                self._images.get_nowait()

    def _wait_for(self, pushed: int) -> None:
        with self._changed:
            while self.pushed < pushed and self._is_working():
                self._changed.wait(_LOOK_EVERY_S)

    def _is_working(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _work(self, urls: Sequence[str]) -> None:
        client = Client(urls, self.ledger, self._token)
        with suppress(queue.Empty):
            while True:
                self._push(client, self._images.get_nowait())
        client.close()

    def _push(self, client: Client, image: Image) -> None:
        failures = []
        try:
            client.push(image)
            client.tell(image)
            client.delete(image)
        except GaveUp as failure:
            failures.append(f"{image.tag}: {failure}")
        with self._changed:
            self.pushed += not failures
            self.failures += failures
            self._changed.notify_all()
        self._on_push()
