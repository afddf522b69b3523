"""Probes: whether a part works, answered in time even if the part hangs."""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

import structlog

OK, DOWN, TIMEOUT = "ok", "down", "timeout"

# Beyond, nobody waits for a part that hangs, perhaps for days.
_MAX_ASKERS = 1000

_log = structlog.get_logger(__name__)


class Probe:
    """Asks one part whether it works, in a thread of its own.

    A part that hangs holds up this thread and no other. Whoever asks meanwhile is
    answered when their time is up, and all of them at once when the part comes back.
    """

    def __init__(self, name: str, check: Callable[[], Any]) -> None:
        self.name = name
        self._check = check
        self._askers: SimpleQueue[SimpleQueue[str]] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self) -> Callable[[float], str]:
        """Begin a check; return what waits so many seconds for its outcome."""
        self._start()
        if self._askers.qsize() >= _MAX_ASKERS:
            return lambda _timeout_s: TIMEOUT
        answers: SimpleQueue[str] = SimpleQueue()
        self._askers.put(answers)

        def wait(timeout_s: float) -> str:
            try:
                return answers.get(timeout=timeout_s)
            except Empty:
                _log.warning("probe_timed_out", part=self.name)
                return TIMEOUT

        return wait

    def _start(self) -> None:
        # Not in the constructor: a server may fork after the application is made.
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name=f"probe-{self.name}", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        while True:
            askers = [self._askers.get()]
            while not self._askers.empty():
                askers.append(self._askers.get())
            answer = self._answer()
            for asker in askers:
                asker.put(answer)

    def _answer(self) -> str:
        try:
            self._check()
        except Exception as error:  # noqa: BLE001 - whatever it is, the part is down
            _log.warning("probe_failed", part=self.name, error=str(error))
            return DOWN
        return OK
