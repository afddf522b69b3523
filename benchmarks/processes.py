"""Programs that are measured: started, awaited, and ended with all they started."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

import click

_START_S: Final = 60.0
_STOP_S: Final = 30.0
_LOG_TAIL: Final = 2000
_KB_IN_MB: Final = 1024
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Program:
    """A program that runs, and where it writes what it has to say."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def cpu_s(self) -> float:
        """Return the CPU time that it and its living descendants have used so far."""
        processes = _read_processes()
        return sum(processes[number][1] for number in self._family(processes))

    def peak_mb(self) -> float:
        """Return the most memory that any of them has had so far."""
        return max(map(_peak_mb, self._family(_read_processes())), default=0.0)

    def memory_mb(self) -> float:
        """Return the memory that it and its descendants have: what is shared, once."""
        return sum(map(_memory_mb, self._family(_read_processes())))

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Wait for it to start; raise `click.ClickException` if it does not."""
        deadline = time.monotonic() + _START_S
        while not is_ready():
            if time.monotonic() > deadline:
                raise self._failure()
            self.require_alive()
            time.sleep(0.05)

    def require_alive(self) -> None:
        """Raise `click.ClickException` if it has ended."""
        if self.process.poll() is not None:
            raise self._failure()

    def _family(self, processes: Mapping[int, tuple[int, float]]) -> set[int]:
        family = {self.process.pid}
        while more := {
            number
            for number, (parent, _) in processes.items()
            if parent in family and number not in family
        }:
            family |= more
        return family & processes.keys()

    def _failure(self) -> click.ClickException:
        tail = self.log.read_text(errors="replace")[-_LOG_TAIL:]
        return click.ClickException(
            f"{self.log.stem} does not answer, its exit status is "
            f"{self.process.poll()}:\n{tail}"
        )


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[Program]:
    """Run a program out of reach of Ctrl-C, and end whatever is left of it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    program = Program(process, log)
    try:
        yield program
    except OSError as error:
        try:
            program.require_alive()
        except click.ClickException as failure:
            raise failure from error
        raise
    finally:
        _end(process, log)


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


def is_registry(host: str) -> bool:
    """Tell whether a registry answers there."""
    connection = HTTPConnection(host, timeout=5)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _end(process: "subprocess.Popen[bytes]", log: Path) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        print(f"{log.stem} did not stop within {_STOP_S:.0f} s", file=sys.stderr)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _read_processes() -> dict[int, tuple[int, float]]:
    """Return the parent and the CPU time in seconds of each process."""
    processes = {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # The second field is the program's name and may hold anything.
            after_name = (path / "stat").read_text().rsplit(")", 1)[1].split()
            ticks = int(after_name[11]) + int(after_name[12])
            processes[int(path.name)] = int(after_name[1]), ticks / _TICKS
    return processes


def _peak_mb(process: int) -> float:
    return _read_mb(process, "status", "VmHWM:")


def _memory_mb(process: int) -> float:
    return _read_mb(process, "smaps_rollup", "Pss:")


def _read_mb(process: int, file: str, field: str) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/{file}").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1]) / _KB_IN_MB
    return 0.0
