"""Processes of the program that have nothing to import.

Each is a real process, with an environment, a folder, files and signals of its own, as
one that a shell starts. But it is forked from one that has all modules loaded, which
otherwise is most of what it takes to start a server, and nearly all of what a command
takes. As a shell starts it, it is tested in `test_parts` and `test_events`.
"""

import atexit
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import reduction
from pathlib import Path
from typing import Any

# It has neither threads nor connections, and no files open.
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["tests.cli.loaded"])


class Fork:
    """A process that runs ``notifier``, or another module: much like a `Popen`."""

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        files: Sequence[int],
        module: str = "notifier",
        folder: Path | None = None,
        start_new_session: bool = False,
    ) -> None:
        """Start it; *files* are its input, output and errors."""
        begin = _Beginning(
            command=[module, *arguments],
            environment=dict(environment),
            folder=folder or Path.cwd(),
            files=[_File(each) for each in files],
            start_new_session=start_new_session,
        )
        self._process = context.Process(target=_run, args=(begin,))
        self._process.start()

    @property
    def pid(self) -> int:
        """Return its number."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def sentinel(self) -> int:
        """Return what can be read from when it has ended."""
        return self._process.sentinel

    def poll(self) -> int | None:
        """Return its exit status, or None while it is running."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit status, once it has one; raise `TimeoutExpired`."""
        self._process.join(timeout)
        status = self._process.exitcode
        if status is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return status

    def send_signal(self, signum: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def terminate(self) -> None:
        """Ask it to stop."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)


class _File:
    """A file that is open here, and is to be open there."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __reduce__(self) -> tuple[Callable[..., int], tuple[object]]:
        return _received, (reduction.DupFd(self._descriptor),)


def _received(handle: Any) -> int:
    """Return the number that the file has in the new process."""
    descriptor: int = handle.detach()
    return descriptor


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beginning:
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    files: Sequence[_File | int]
    start_new_session: bool


def _run(begin: _Beginning) -> None:
    """Be what was asked for, in the new process."""
    if begin.start_new_session:
        os.setsid()
    for number, each in enumerate(begin.files):
        assert isinstance(each, int)
        os.dup2(each, number)
        os.close(each)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - to the end
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(  # noqa: SIM115
        2, "w", closefd=False, buffering=1, errors="backslashreplace"
    )
    os.environ.clear()
    os.environ.update(begin.environment)
    os.chdir(begin.folder)
    sys.argv = list(begin.command)
    try:
        runpy.run_module(begin.command[0], run_name="__main__", alter_sys=True)
    finally:
        # Python calls them at the end of a process that is not forked.
        atexit._run_exitfuncs()
