"""The nudger: has workers look after endpoints, beside whoever has to answer."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import structlog

from notifier.delivery.errors import QueueUnavailable

if TYPE_CHECKING:
    # Most commands nudge nobody: they need not wait until RQ is loaded.
    from notifier.delivery.queue import JobQueue

_PAUSE_S = 0.05
_PAUSE_EACH_S = 0.005
_PAUSE_AFTER_ERROR_S = 1.0
_CLOSE_S = 3.0

_log = structlog.get_logger(__name__)


class Nudger:
    """Nudges endpoints, soon after it is told to, and never waits or fails.

    An endpoint that is named again at once is nudged once more after a pause. Without
    a queue nothing is nudged.
    """

    def __init__(self, queue: "JobQueue | None") -> None:
        self._queue = queue
        self._changed = threading.Condition()
        self._keys: set[int] = set()
        self._thread: threading.Thread | None = None
        self._closing = False

    def nudge(self, endpoint_keys: Iterable[int]) -> None:
        """Have a worker look after these endpoints."""
        if self._queue is None:
            return
        with self._changed:
            self._keys.update(endpoint_keys)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, args=(self._queue,), name="nudger", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def ping(self) -> None:
        """Raise unless the queue answers, soon."""
        if self._queue is None:
            raise ConnectionError("no Redis is set")
        self._queue.ping()

    def close(self) -> None:
        """Nudge what is left, unless Redis is down, and stop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(_CLOSE_S)

    def _run(self, queue: "JobQueue") -> None:
        repeated: set[int] = set()
        while keys := self._next_keys():
            try:
                refused = {key for key in keys if not queue.put(key)}
            except QueueUnavailable as error:
                _log.warning("nudge_lost", error=str(error))
                self._pause(_PAUSE_AFTER_ERROR_S)
                continue
            self._pause(max(_PAUSE_S, _PAUSE_EACH_S * len(keys)))
            # A job that was there already may have looked a moment too early, if it
            # was just ending. One that is there still has yet to look.
            repeated = refused - repeated
            with self._changed:
                self._keys |= repeated
        queue.close()

    def _next_keys(self) -> set[int]:
        with self._changed:
            self._changed.wait_for(lambda: self._keys or self._closing)
            keys, self._keys = self._keys, set()
            return keys

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, seconds)
