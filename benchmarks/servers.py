"""The servers that are measured, each started as its user would start it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from benchmarks.place import Place
from benchmarks.processes import Program, free_port, is_registry, running
from benchmarks.receiver import Receiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A registry that runs, and the receiver that it tells everything.

    *program* is the first of its processes, the ancestor of the others.
    """

    name: str
    version: str
    host: str
    head_is_pull: bool
    receiver: Receiver
    program: Program


@contextmanager
def notifier(folder: Path, receiver: Receiver) -> Iterator[Server]:
    """Run ``notifier serve``, its data in *folder*."""
    place = Place(folder / "serve")
    with place.running("serve") as program:
        program.wait_until(partial(is_registry, place.host))
        with place.endpoint("bench", receiver.url):
            yield Server(
                name="notifier",
                version=version("notifier"),
                host=place.host,
                head_is_pull=False,
                receiver=receiver,
                program=program,
            )


def find_docker_registry() -> str | None:
    """Return where Debian's ``docker-registry`` is, if it is."""
    return shutil.which("docker-registry")


@contextmanager
def docker_registry(folder: Path, receiver: Receiver) -> Iterator[Server]:
    """Run ``docker-registry`` as Debian sets it up, with one endpoint, not logging."""
    host = f"127.0.0.1:{free_port()}"
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
    with running(command, os.environ, folder / "docker-registry.log") as program:
        program.wait_until(partial(is_registry, host))
        yield Server(
            name="docker-registry",
            version=_docker_registry_version(),
            host=host,
            head_is_pull=True,
            receiver=receiver,
            program=program,
        )


def _docker_registry_version() -> str:
    output = subprocess.run(
        ["docker-registry", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return output.split()[-1]
