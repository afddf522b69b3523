"""The registries that are measured, each set up and started as its user would do it."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks.place import Place
from benchmarks.processes import Program, free_port, is_registry, running
from benchmarks.receiver import Receiver, receiver

_OURS: Final = "notifier"
_THEIRS: Final = "docker-registry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """A registry that is set up to tell *receiver* everything, so many times.

    It can be started again and again, and finds what it had.
    """

    name: str
    host: str
    head_is_pull: bool
    receiver: Receiver
    start: Callable[[], AbstractContextManager[Program]]
    told: int = 1

    @contextmanager
    def running(self) -> Iterator["Server"]:
        """Run it; it is stopped by SIGTERM."""
        with self.start() as program:
            program.wait_until(partial(is_registry, self.host))
            yield Server(self, program)


@dataclass(frozen=True, slots=True)
class Server:
    """A registry that runs; *program* is the ancestor of its other processes."""

    registry: Registry
    program: Program


@contextmanager
def registries(folder: Path, progress: Console) -> Iterator[list[Registry]]:
    """Set up ours and, if it is installed, the other, with new data in *folder*."""
    folder.mkdir()
    with ExitStack() as stack:
        told = stack.enter_context(receiver())
        found = [stack.enter_context(_notifier(folder, told))]
        if _is_docker_registry_installed():
            told = stack.enter_context(receiver())
            found.append(_docker_registry(folder, told))
        else:
            progress.print("docker-registry is not installed: nothing to compare with.")
        yield found


def read_versions() -> dict[str, str]:
    """Return the versions of those that `registries` sets up, in their order."""
    versions = {_OURS: version("notifier")}
    if _is_docker_registry_installed():
        output = subprocess.run(
            ["docker-registry", "--version"], capture_output=True, text=True, check=True
        ).stdout
        versions[_THEIRS] = output.split()[-1]
    return versions


@contextmanager
def _notifier(folder: Path, told: Receiver) -> Iterator[Registry]:
    """Set up ``notifier serve``."""
    place = Place(folder / "serve")
    place.run("db", "upgrade")
    with place.endpoint("bench", told.url):
        yield Registry(
            name=_OURS,
            host=place.host,
            head_is_pull=False,
            receiver=told,
            start=partial(place.running, "serve"),
        )


def _docker_registry(folder: Path, told: Receiver) -> Registry:
    """Set up ``docker-registry`` as Debian does, with one endpoint, not logging."""
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
                    "url": told.url,
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
    return Registry(
        name=_THEIRS,
        host=host,
        head_is_pull=True,
        receiver=told,
        start=partial(running, command, os.environ, folder / "docker-registry.log"),
    )


def _is_docker_registry_installed() -> bool:
    return shutil.which("docker-registry") is not None
