"""Real ``notifier`` processes."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import requests

from notifier.cli.ports import is_serving
from notifier.config import Settings
from tests.cli.forks import Fork
from tests.receiver import wait_until

PATIENCE_S = 20
_LONGEST_S = 60


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """Make an environment with these settings and no others."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NOTIFIER_")}
    return kept | {"NOTIFIER_DATA_DIR": str(data_dir)} | settings


def run(
    data_dir: Path, *arguments: str, stdin: str | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
        given.write((stdin or "").encode())
        files = given, out, err
        for each in files:
            each.seek(0)
        fork = Fork(
            *arguments,
            environment=environment(data_dir, **settings),
            files=[each.fileno() for each in files],
        )
        try:
            status = fork.wait(_LONGEST_S)
        finally:
            fork.kill()
        for each in files:
            each.seek(0)
        return subprocess.CompletedProcess(
            arguments, status, out.read().decode(), err.read().decode()
        )


@dataclass(frozen=True, slots=True)
class Program:
    """A running ``notifier`` command, and all processes that belong to it."""

    process: "subprocess.Popen[bytes] | Fork"
    data_dir: Path
    port: int
    output: Path
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def is_listening(self) -> bool:
        """Tell whether it answers, by HTTP or HTTPS; fail if it has ended."""
        assert self.process.poll() is None, self.output.read_text()
        tls = Path("its own") if self.scheme == "https" else None
        return is_serving(Settings(port=self.port, tls_certificate=tls))

    def connect(self) -> socket.socket:
        """Open a connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)

    def says(self, text: str) -> bool:
        """Tell whether it has printed that."""
        return text in self.output.read_text()

    def pids(self) -> dict[int, str]:
        """List all living processes of these settings, and their command lines."""
        mark = f"NOTIFIER_DATA_DIR={self.data_dir}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                # Those that are forked show the environment of what they are of.
                is_ours = (folder / "cwd").readlink() == self.data_dir or mark in (
                    folder / "environ"
                ).read_bytes().split(b"\0")
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            # Redis writes its title over its environment.
            if is_ours or f"unixsocket:{self.data_dir}" in line:
                found[int(folder.name)] = line
        return found

    def stop(self, signum: int = signal.SIGTERM) -> int:
        """Ask it to stop; return its status."""
        self.process.send_signal(signum)
        return self.process.wait(PATIENCE_S)

    def kill_all(self) -> None:
        """Kill every process at once."""
        for pid in self.pids():
            # The kernel kills the children of some that are killed.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        wait_until(lambda: not self.pids(), PATIENCE_S)

    def get(self, path: str) -> Any:
        """Return the JSON that stands there."""
        return requests.get(self.url + path, timeout=PATIENCE_S).json()

    def post(self, path: str, body: Any) -> Any:
        """Post JSON; return the JSON that comes back."""
        return self._send("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        """Put JSON; return the JSON that comes back."""
        return self._send("PUT", path, body)

    def _send(self, method: str, path: str, body: Any) -> Any:
        response = requests.request(
            method, self.url + path, json=body, timeout=PATIENCE_S
        )
        assert response.ok, response.text
        return response.json()


def start(
    data_dir: Path,
    command: str = "serve",
    *,
    output: Path,
    module: str = "notifier",
    **settings: str,
) -> Program:
    """Start a command on a free port, its output going to a file.

    Another *module* may do something to the process before it runs ``notifier``. Its
    process group is its own, to be signalled as a terminal signals its foreground.
    """
    port = int(settings.setdefault("NOTIFIER_PORT", str(free_port())))
    data_dir.mkdir(exist_ok=True)
    given = environment(data_dir, **settings)
    # What is loaded before all else cannot be told to a fork.
    begin = _spawn if "LD_PRELOAD" in settings else partial(_fork, folder=data_dir)
    with output.open("wb") as file:
        process = begin(module, command, given, file)
    scheme = "https" if "NOTIFIER_TLS_CERTIFICATE" in settings else "http"
    return Program(process, data_dir, port, output, scheme)


@contextmanager
def running(
    data_dir: Path, command: str = "serve", **settings: str
) -> Iterator[Program]:
    """Run a command on a free port; see to it that nothing of it is left."""
    program = start(data_dir, command, output=data_dir / "output.txt", **settings)
    try:
        wait_until(program.is_listening, PATIENCE_S)
        yield program
    finally:
        program.kill_all()


def children_of(pid: int) -> list[int]:
    """List the children of a process."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def _fork(
    module: str, command: str, given: Mapping[str, str], output: IO[bytes], folder: Path
) -> Fork:
    with Path(os.devnull).open() as nothing:
        return Fork(
            command,
            module=module,
            environment=given,
            # By this it is found, with all that it starts: see `Program.pids`.
            folder=folder,
            files=[nothing.fileno(), output.fileno(), output.fileno()],
            start_new_session=True,
        )


def _spawn(
    module: str, command: str, given: Mapping[str, str], output: IO[bytes]
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", module, command],
        env=given,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
