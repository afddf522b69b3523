"""The processes of one machine: started, started again when they die, and stopped."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import structlog

from notifier.cli.parentage import follow

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

# What is in flight may take ten seconds, and its process a moment more to end.
_STOP_S = 12.0

_LOOK_EVERY_S = 0.05
# A third of the weight of the others: it never starves.
_NICENESS = 5
_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
_STEADY_AFTER_S = 60.0
_STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

# A fork has all modules loaded, so it is there at once, and shares their memory. No
# thread of the parent holds a lock then, which the fork would find locked for ever.
_forks = multiprocessing.get_context("fork")
_log = structlog.get_logger(__name__)


class ChildrenFailed(Exception):
    """A process cannot be kept running. The message says which."""


class Child:
    """One process that is to be running, and what it does.

    A process that *yields* leaves the processor to others that want it, mostly. The
    others can do without one that is not *vital*, for as long as need be.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        *,
        yields: bool = False,
        vital: bool = True,
    ) -> None:
        self.name = name
        self._work = work
        self._yields = yields
        self._vital = vital
        self._process: BaseProcess | None = None
        self._started_at = 0.0
        self._ends = 0
        self._again_at: float | None = None

    def start(self) -> None:
        """Start the process."""
        self._started_at = time.monotonic()
        self._again_at = None
        process = _forks.Process(
            target=_run,
            args=(self._work, os.getpid(), self._yields),
            name=self.name,
        )
        # A signal waits until the process can answer it: see `_run`.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
        self._process = process

    def status(self) -> int | None:
        """Return the exit status, or None while the process is running."""
        return None if self._process is None else self._process.exitcode

    def keep_running(self, now: float) -> None:
        """Start the process again if it has ended, after a pause that grows.

        Raises `ChildrenFailed` if it is vital and ends by itself again and again.
        """
        if self._again_at is not None:
            if now >= self._again_at:
                self._start_again(now)
        elif (status := self.status()) is not None:
            self._plan_restart(now, status)

    def terminate(self) -> None:
        """Ask the process to stop."""
        if self._process is not None:
            self._process.terminate()

    def wait(self, until: float) -> None:
        """Wait for the process to stop; kill it, and its own processes, at the end."""
        if self._process is None or self._process.pid is None:
            return
        while self.status() is None:
            if time.monotonic() > until:
                os.killpg(self._process.pid, signal.SIGKILL)
            time.sleep(_LOOK_EVERY_S)

    def _start_again(self, now: float) -> None:
        try:
            self.start()
        except OSError as error:
            # The system has no room for it just now.
            _log.error("child_not_started", child=self.name, error=str(error))
            self._again_at = now + _PAUSES_S[-1]

    def _plan_restart(self, now: float, status: int) -> None:
        if now - self._started_at > _STEADY_AFTER_S:
            self._ends = 0
        # What somebody kills, or the kernel for want of memory, may run well next time.
        was_killed = status < 0
        if self._ends >= len(_PAUSES_S) and self._vital and not was_killed:
            raise ChildrenFailed(
                f"{self.name} ended {self._ends + 1} times in a row, at last with "
                f"status {status}: giving up"
            )
        self._again_at = now + _PAUSES_S[min(self._ends, len(_PAUSES_S) - 1)]
        self._ends += 1
        _log.error("child_ended", child=self.name, status=status)


class Children:
    """Processes that run together. The *helpers* start first and stop last."""

    def __init__(self, helpers: Sequence[Child], workers: Sequence[Child]) -> None:
        self._helpers = helpers
        self._workers = workers
        self._all = [*helpers, *workers]

    def run(self, is_ready: Callable[[], bool], when_ready: Callable[[], None]) -> None:
        """Keep all running until SIGINT, SIGTERM or SIGHUP, then stop them.

        Raises `ChildrenFailed`, with all stopped, if one could not be started, or a
        vital one not be kept running.
        """
        with _stop_requests() as requests:
            try:
                for child in self._all:
                    child.start()
                while not requests and not is_ready():
                    self._require_alive()
                    time.sleep(_LOOK_EVERY_S)
                if not requests:
                    when_ready()
                while not requests:
                    time.sleep(_LOOK_EVERY_S)
                    for child in self._all:
                        child.keep_running(time.monotonic())
            finally:
                _stop(self._workers)
                _stop(self._helpers)

    def _require_alive(self) -> None:
        for child in self._all:
            if (status := child.status()) is not None:
                raise ChildrenFailed(
                    f"{child.name} did not start: it ended with status {status}"
                )


def _run(work: Callable[[], object], parent: int, yields: bool) -> None:  # noqa: FBT001 - a process takes no names
    """Do a child's work, in the child."""
    if yields:
        os.nice(_NICENESS)
    # A session of its own: Ctrl-C at the terminal is for the parent alone to hear.
    os.setsid()
    for signum in _STOP_SIGNALS:
        signal.signal(signum, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
    follow(parent)
    work()


def _stop(children: Sequence[Child]) -> None:
    until = time.monotonic() + _STOP_S
    for child in children:
        child.terminate()
    for child in children:
        child.wait(until)


@contextmanager
def _stop_requests() -> Iterator[list[int]]:
    """Collect the signals that ask to stop."""
    requests: list[int] = []

    def note(signum: int, _frame: FrameType | None) -> None:
        requests.append(signum)

    # nohup has SIGHUP ignored: the program then outlives its terminal.
    wanted = [s for s in _STOP_SIGNALS if s != signal.SIGHUP or not _is_ignored(s)]
    before = {signum: signal.signal(signum, note) for signum in wanted}
    try:
        yield requests
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _is_ignored(signum: int) -> bool:
    return signal.getsignal(signum) is signal.SIG_IGN
