"""Streams: answers that last, as long as their clients read them.

Each occupies a thread. So there is a bound, and the server has so many threads besides
those for other requests: however many streams there are, a push finds a thread.
"""

import threading
from collections.abc import Callable
from typing import Final

import structlog

from notifier.db import Database, DatabaseUnavailable
from notifier.events import feed

_LOOK_EVERY_S: Final = 0.5
_log = structlog.get_logger(__name__)


class StreamsFull(Exception):
    """There are as many streams as this process may have."""

    def __init__(self) -> None:
        super().__init__("too many streams and exports are open: try again later")


class Streams:
    """The streams of one process: how many there are, and what wakes them."""

    def __init__(self, database: Database, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._open = 0
        self.pulse = Pulse(database)

    def enter(self) -> Callable[[], None]:
        """Take the place of one; return what gives it back, however often it is called.

        Raises `StreamsFull`.
        """
        with self._lock:
            if self._open >= self._limit:
                raise StreamsFull
            self._open += 1
        left = threading.Event()

        def leave() -> None:
            with self._lock:
                if not left.is_set():
                    left.set()
                    self._open -= 1

        return leave

    @property
    def are_over(self) -> bool:
        """Tell whether the process is about to end, and they with it."""
        return self.pulse.is_over or self.pulse.is_time_to_end()

    def end(self) -> None:
        """Have all of them end, now: the process is about to."""
        self.pulse.end()

    def end_when(self, is_time: Callable[[], bool]) -> None:
        """Have them end as soon as *is_time* says so."""
        self.pulse.is_time_to_end = is_time


class Pulse:
    """Looks in the database for all streams together, as long as any of them waits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changed = threading.Condition()
        self._newest = 0
        self._waiting = 0
        self._thread: threading.Thread | None = None
        self.is_over = False
        self.is_time_to_end: Callable[[], bool] = lambda: False

    def wait(self, position: int, timeout_s: float) -> None:
        """Wait until the feed goes on beyond *position*, or for so long, or the end."""
        with self._changed:
            self._waiting += 1
            if self._thread is None and not self.is_over:
                self._thread = threading.Thread(
                    target=self._run, name="pulse", daemon=True
                )
                self._thread.start()
            self._changed.wait_for(
                lambda: self._newest > position or self.is_over, timeout_s
            )
            self._waiting -= 1

    def end(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self.is_over = True
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            newest, is_over = self._look(), self.is_time_to_end()
            with self._changed:
                self.is_over |= is_over
                if newest > self._newest or self.is_over:
                    self._newest = max(newest, self._newest)
                    self._changed.notify_all()
                self._changed.wait_for(lambda: self.is_over, _LOOK_EVERY_S)
                if self.is_over or not self._waiting:
                    self._thread = None
                    break
        self._database.leave()

    def _look(self) -> int:
        try:
            with self._database.read() as connection:
                newest = feed.find_newest(connection)
        except DatabaseUnavailable as error:
            _log.warning("stream_waits", error=str(error))
            return 0
        return newest.position if newest else 0
