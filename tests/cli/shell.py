"""Commands as a shell runs them, of which many start ``notifier``, and soon."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from tempfile import TemporaryDirectory
from threading import Thread

from tests.cli.forks import Fork

_LONGEST_S = 60
_MOST = 1 << 18


class Shell:
    """A shell in which ``notifier`` is a fork: see `forks`."""

    def __init__(self, place: str) -> None:
        knock = Path(__file__).with_name("knock.py")
        # Without what it does not need, Python is there in ten milliseconds.
        self.notifier = f"{sys.executable} -ISE {knock} {place}"

    def run(
        self, script: str, folder: Path, environment: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        """Run a script, up to the first of its commands that fails."""
        return subprocess.run(
            ["bash", "-ec", script],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_S,
        )


@contextmanager
def opening() -> Iterator[Shell]:
    """Open a shell."""
    with (
        TemporaryDirectory(prefix="shell-") as folder,
        ThreadingUnixStreamServer(f"{folder}/door", _Door) as server,
    ):
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield Shell(f"{folder}/door")
        finally:
            server.shutdown()
            thread.join()


class _Door(StreamRequestHandler):
    """Starts what one knock wants, and tells its number and its status."""

    def handle(self) -> None:
        sent, files, *_ = socket.recv_fds(self.request, _MOST, 3)
        arguments, environment, folder = json.loads(sent)
        try:
            fork = Fork(
                *arguments,
                environment=environment,
                folder=Path(folder),
                files=files,
            )
        finally:
            for each in files:
                os.close(each)
        self.wfile.write(b"%d\n" % fork.pid)
        self.wfile.write(b"%d\n" % fork.wait())
