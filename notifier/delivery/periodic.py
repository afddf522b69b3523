"""What a worker does again and again, beside its drains."""

import os
import signal
import threading
from collections.abc import Callable

import structlog

from notifier.db import DatabaseUnavailable

_log = structlog.get_logger(__name__)


class Periodic(threading.Thread):
    """Does something every so often, whether the database is there or not.

    What takes its time may look at *stopping*, and end early. At last it does *finish*.
    """

    def __init__(
        self,
        name: str,
        every_s: float,
        act: Callable[[], object],
        *,
        stopping: threading.Event | None = None,
        finish: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(name=name)
        self._every_s = every_s
        self._act = act
        self._stopping = stopping or threading.Event()
        self._finish = finish

    def stop(self) -> bool:
        """Stop doing it; tell whether it had gone on until now."""
        had_gone_on = self.is_alive()
        self._stopping.set()
        self.join()
        return had_gone_on

    def run(self) -> None:
        """Do it; called in the thread."""
        try:
            while not self._stopping.is_set():
                self._safely(self._act)
                self._stopping.wait(self._every_s)
            if self._finish:
                self._safely(self._finish)
        finally:
            # A worker that, say, sweeps no more would lose deliveries without a word:
            # better it ends, and is started again.
            if not self._stopping.is_set():
                os.kill(os.getpid(), signal.SIGTERM)

    def _safely(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (DatabaseUnavailable, OSError) as error:
            _log.warning("periodic_waits", what=self.name, error=str(error))
