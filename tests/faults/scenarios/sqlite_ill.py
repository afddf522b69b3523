"""SQLite's file is locked by another program, or cannot be written to."""

import random
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import connect

from tests.faults.scenario import Scenario, Scene, Skipped

_LOCKED_S = 30.0
_READ_ONLY_S = (1.0, 3.0)


def _lock(scene: Scene, _source: random.Random, _count: int) -> str:
    connection = connect(scene.site.data_dir / "notifier.db", isolation_level=None)
    try:
        connection.execute("PRAGMA busy_timeout = 60000")
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(_LOCKED_S)
        connection.execute("ROLLBACK")
    finally:
        connection.close()
    return f"locked by another program for {_LOCKED_S:.0f} s"


def _set_read_only(scene: Scene, source: random.Random, _count: int) -> str:
    names = ("notifier.db", "notifier.db-wal")
    read_only_s = source.uniform(*_READ_ONLY_S)
    with _immutable([scene.site.data_dir / name for name in names]):
        # Those that are started meanwhile open what they cannot write to.
        scene.site.kill_one(source.choice(scene.site.family.web()))
        time.sleep(read_only_s)
    return f"nobody could write to it for {read_only_s:.1f} s"


@contextmanager
def _permitted(folder: Path) -> Iterator[Mapping[str, str]]:
    probe = folder / "probe"
    probe.touch()
    try:
        with _immutable([probe]):
            pass
    except (OSError, subprocess.CalledProcessError) as error:
        raise Skipped(f"files cannot be made immutable here: {error}") from None
    yield {}


@contextmanager
def _immutable(paths: Sequence[Path]) -> Iterator[None]:
    """Let nobody write to files, root and who has them open neither."""
    _change_attributes("+i", paths)
    try:
        yield
    finally:
        _change_attributes("-i", paths)


def _change_attributes(change: str, paths: Sequence[Path]) -> None:
    subprocess.run(["chattr", change, *paths], check=True, capture_output=True)


LOCKED = Scenario(
    name="sqlite-locked",
    summary="the database locked by another program for 30 s",
    times=1,
    may_repeat=True,
    strike=_lock,
    databases=("sqlite",),
)
READ_ONLY = Scenario(
    name="sqlite-read-only",
    summary="the database's files made read-only for a few seconds, three times",
    times=3,
    may_repeat=True,
    strike=_set_read_only,
    databases=("sqlite",),
    ground=_permitted,
)
