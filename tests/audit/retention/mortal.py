"""A process that goes on with retention until it is killed, at any moment.

It is a real process, and the signal is SIGKILL. It kills itself at a point that is told
beforehand: points lie before and after each commit, and around whatever is done to the
disk. Or somebody else kills it.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from notifier.audit.retention import files, pace, runner, search
from notifier.db import Database, Transaction
from notifier.storage import archive_folder
from tests.audit.retention.site import Site
from tests.cli import forks

HOLDER = UUID(int=7)


class Mortal:
    """A process on its way."""

    def __init__(self, url: str, folder: Path, dies_at: int | None) -> None:
        self._process = forks.context.Process(target=_live, args=(url, folder, dies_at))
        self._process.start()

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()

    def is_done(self) -> bool:
        """Wait for its end; tell whether it has done all that there was to do."""
        self._process.join(60)
        status = self._process.exitcode
        assert status in {0, -signal.SIGKILL}
        return status == 0


def _live(url: str, folder: Path, dies_at: int | None) -> None:
    patch = pytest.MonkeyPatch()
    for name in ("_CHANGE_RESTS", "_READ_RESTS"):
        patch.setattr(runner, name, 0.0)
    patch.setattr(files, "_MAX_EVENTS", 40)
    patch.setattr(search, "AT_ONCE", 15)
    for name in ("_LEAST", "_FIRST", "_MOST"):
        patch.setattr(pace, name, 9)
    if dies_at is not None:
        _put_points(patch, dies_at)
    database = Database(url)
    site = Site(database, folder, holder=HOLDER)
    site.work()
    database.close()


def _put_points(patch: pytest.MonkeyPatch, dies_at: int) -> None:
    """Let the process die at the point *dies_at*, counted from its first one."""
    rest = iter(range(dies_at))

    def point() -> None:
        if next(rest, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)

    def around(act: Callable[..., Any]) -> Callable[..., Any]:
        def acts(*arguments: Any, **named: Any) -> Any:
            point()
            done = act(*arguments, **named)
            point()
            return done

        return acts

    transaction = Database.transaction

    @contextmanager
    def transact(self: Database) -> Iterator[Transaction]:
        with transaction(self) as begun:
            yield begun
            point()
        point()

    patch.setattr(Database, "transaction", transact)
    patch.setattr(Path, "rename", around(Path.rename))
    patch.setattr(Path, "unlink", around(Path.unlink))
    patch.setattr(os, "fsync", around(os.fsync))
    patch.setattr(archive_folder, "_write", around(archive_folder._write))
