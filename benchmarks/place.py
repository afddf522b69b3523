"""Where notifier runs: a folder for its data, and a port."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click

from benchmarks.processes import Program, free_port, running
from notifier.config import Settings

_EVERYTHING: Final = ("--action", "*", "--kind", "*")


class Place:
    """A place for notifier, which runs with its defaults.

    ``NOTIFIER_*`` settings of the environment hold, so that it can be measured with
    another database, say; so do *settings* of this place.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        folder.mkdir()
        address, port = "127.0.0.1", free_port()
        self.host = f"{address}:{port}"
        self.folder = folder
        self._program = _find_notifier()
        self._environment = {
            **os.environ,
            "NOTIFIER_DATA_DIR": str(folder / "data"),
            "NOTIFIER_HOST": address,
            "NOTIFIER_PORT": str(port),
            **settings,
        }

    @property
    def database_url(self) -> str:
        """Return where its database is."""
        return Settings.from_environment(self._environment).database

    def run(self, *command: str) -> str:
        """Run a command that does something and ends; return what it prints."""
        done = subprocess.run(
            [self._program, *command],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise click.ClickException(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    @contextmanager
    def running(self, *command: str) -> Iterator[Program]:
        """Run a command, until it ends or is stopped."""
        log = self.folder / f"notifier-{command[0]}.log"
        with running([self._program, *command], self._environment, log) as program:
            yield program

    @contextmanager
    def endpoint(self, name: str, url: str, *options: str) -> Iterator[None]:
        """Have *url* told of everything; the database must have its tables."""
        self.run("endpoints", "add", name, url, *_EVERYTHING, *options)
        try:
            yield
        finally:
            # The database may outlive this place, and the receiver does not.
            self.run("endpoints", "remove", name)


def _find_notifier() -> str:
    beside = Path(sys.executable).with_name("notifier")
    found = str(beside) if beside.exists() else shutil.which("notifier")
    if found is None:
        raise click.ClickException("notifier is not installed: run `make bench`")
    return found
