"""The lines of requests, written a moment later: those of one moment together.

A system call for each would be a tenth of what a request costs, for it hands the
interpreter to another thread.
"""

import threading
from collections import deque
from contextlib import suppress
from typing import Any, Final

from notifier import logs

_MOMENT_S: Final = 0.05
# Where lines come faster than they can be written, whoever brings more writes them.
_MOST: Final = 1000


class RequestLines:
    """Collects lines and writes them. Threads share it."""

    def __init__(self) -> None:
        self._write = logs.lines_writer()
        self._waiting: deque[dict[str, Any]] = deque()
        self._are_some = threading.Event()
        self._is_closed = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, line: dict[str, Any]) -> None:
        """Have *line* written, which is given by its words, as `logs` says."""
        self._waiting.append(line)
        if not self._are_some.is_set():
            self._are_some.set()
            if self._thread is None:
                self._start()
        if len(self._waiting) > _MOST:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        self._are_some.clear()
        lines = []
        with suppress(IndexError):
            while True:
                lines.append(self._waiting.popleft())
        if lines:
            # A full disk keeps nobody from being answered.
            with suppress(OSError):
                self._write(lines)

    def close(self) -> None:
        """Write what waits; no more may come."""
        self._is_closed.set()
        self._are_some.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                # A web process makes it after its fork: a thread stays with its parent.
                self._thread = threading.Thread(
                    target=self._run, name="lines", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        while not self._is_closed.is_set():
            self._are_some.wait()
            self._is_closed.wait(_MOMENT_S)
            self.flush()
