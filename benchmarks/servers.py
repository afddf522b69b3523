"""The servers that are measured, each started as its user would start it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click

from benchmarks.receiver import Receiver

_START_S: Final = 60.0
_STOP_S: Final = 30.0
_LOG_TAIL: Final = 2000
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A registry that runs, and the receiver that it tells everything.

    *process* is the first of its processes, the ancestor of the others.
    """

    name: str
    version: str
    host: str
    head_is_pull: bool
    receiver: Receiver
    process: int

    def cpu_s(self) -> float:
        """Return the CPU time that its living processes have used so far."""
        processes = _read_processes()
        family = {self.process}
        while more := {
            number
            for number, (parent, _) in processes.items()
            if parent in family and number not in family
        }:
            family |= more
        return sum(processes[number][1] for number in family & processes.keys())


@contextmanager
def notifier(folder: Path, receiver: Receiver) -> Iterator[Server]:
    """Run ``notifier serve`` with its defaults, its data in *folder*.

    ``NOTIFIER_*`` settings of the environment hold, so that it can be measured with
    another database, say.
    """
    address, port = "127.0.0.1", _free_port()
    settings = {
        "NOTIFIER_DATA_DIR": str(folder / "notifier"),
        "NOTIFIER_HOST": address,
        "NOTIFIER_PORT": str(port),
    }
    program = _find_notifier()
    host = f"{address}:{port}"
    with _running([program, "serve"], settings, folder, host) as process:
        _create_endpoint(host, receiver.url)
        yield Server(
            name="notifier",
            version=version("notifier"),
            host=host,
            head_is_pull=False,
            receiver=receiver,
            process=process,
        )


def find_docker_registry() -> str | None:
    """Return where Debian's ``docker-registry`` is, if it is."""
    return shutil.which("docker-registry")


@contextmanager
def docker_registry(folder: Path, receiver: Receiver) -> Iterator[Server]:
    """Run ``docker-registry`` as Debian sets it up, with one endpoint, not logging."""
    host = f"127.0.0.1:{_free_port()}"
    config = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {
            "cache": {"blobdescriptor": "inmemory"},
            "filesystem": {"rootdirectory": str(folder / "docker-registry")},
            "delete": {"enabled": True},
        },
        "http": {"addr": host},
        "notifications": {
            "endpoints": [
                {
                    "name": "bench",
                    "url": receiver.url,
                    "timeout": "5s",
                    "threshold": 5,
                    "backoff": "1s",
                }
            ]
        },
    }
    path = folder / "docker-registry.yml"
    # JSON is YAML too.
    path.write_text(json.dumps(config))
    command = ["docker-registry", "serve", str(path)]
    with _running(command, {}, folder, host) as process:
        yield Server(
            name="docker-registry",
            version=_docker_registry_version(),
            host=host,
            head_is_pull=True,
            receiver=receiver,
            process=process,
        )


@contextmanager
def _running(
    command: list[str], settings: Mapping[str, str], folder: Path, host: str
) -> Iterator[int]:
    """Run a server out of reach of Ctrl-C, and end whatever is left of it."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **settings},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, host, log)
        yield process.pid
    except OSError as error:
        if process.poll() is None:
            raise
        raise _ended(process, log) from error
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            print(f"{command[0]} did not stop within {_STOP_S:.0f} s", file=sys.stderr)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", host: str, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while not _answers(host):
        if process.poll() is not None or time.monotonic() > deadline:
            raise _ended(process, log)
        time.sleep(0.05)


def _ended(process: "subprocess.Popen[bytes]", log: Path) -> click.ClickException:
    tail = log.read_text(errors="replace")[-_LOG_TAIL:]
    return click.ClickException(
        f"{log.stem} does not answer, its exit status is {process.poll()}:\n{tail}"
    )


def _answers(host: str) -> bool:
    connection = HTTPConnection(host, timeout=5)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _create_endpoint(host: str, url: str) -> None:
    """Have everything told to *url*."""
    body = {
        "name": "bench",
        "url": url,
        "filters": {"actions": ["*"], "kinds": ["*"]},
    }
    connection = HTTPConnection(host, timeout=30)
    connection.request(
        "POST",
        "/api/v1/endpoints",
        json.dumps(body),
        {"Content-Type": "application/json"},
    )
    response = connection.getresponse()
    text = response.read().decode(errors="replace")
    connection.close()
    if response.status != 201:
        raise click.ClickException(f"no endpoint: {response.status} {text}")


def _find_notifier() -> str:
    beside = Path(sys.executable).with_name("notifier")
    found = str(beside) if beside.exists() else shutil.which("notifier")
    if found is None:
        raise click.ClickException("notifier is not installed: run `make bench`")
    return found


def _docker_registry_version() -> str:
    output = subprocess.run(
        ["docker-registry", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return output.split()[-1]


def _free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


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
