"""Retention: what a run costs those who push and ask meanwhile, and how fast it is.

The log is that of `past`: nine of ten events are pulls, which are kept for 90 days of
two years; everything else is kept for ever. Questions are about what is kept.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import orjson
import sqlalchemy as sa
from rich.console import Console

from benchmarks.asking import QUESTIONS, draw
from benchmarks.logs import KINDS, bytes_of_log, fill, log
from benchmarks.place import Place
from benchmarks.processes import Program, is_registry
from benchmarks.steady import Latency, Steady, steady
from notifier.audit.retention.archives import list_archives
from notifier.audit.retention.runs import list_runs
from notifier.audit.retention.tables import LEAVING, ArchiveRow
from notifier.db import Database

_DAYS: Final = 90
_RULES: Final = [{"actions": ["pull"], "keep": f"{_DAYS}d"}]
_WARM_UP_S: Final = 5.0
_LOOK_EVERY_S: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Strain:
    """What pushes and questions took, by themselves and beside a run."""

    kind: str
    at_rest: Latency
    meanwhile: Latency

    @property
    def ratio(self) -> float:
        """Return how many times as much the slowest of a hundred takes."""
        return self.meanwhile.p99_ms / self.at_rest.p99_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What one run did: *archived* of *examined* events, and what that cost others.

    The log took *room* bytes before and *left* after, the archives take *packed*.
    """

    database: str
    examined: int
    archived: int
    archives: int
    packed: int
    room: int
    left: int
    seconds: float
    server_cores: float
    strains: Sequence[Strain]
    errors: Sequence[str]

    @property
    def per_s(self) -> float:
        """Return how many events left the table in a second."""
        return self.archived / self.seconds


@dataclass(frozen=True, slots=True)
class Watch:
    """For how long to look at rest, and at a run, which is cancelled then."""

    rest_s: float
    run_s: float


def retain_all(
    folder: Path, *, events: int, watch: Watch, progress: Console
) -> Iterator[Retained]:
    """Let a run go over a log of so many events, on the database of the settings.

    Without such, on one of each kind.
    """
    url = os.environ.get("NOTIFIER_DATABASE_URL")
    if url is not None:
        fill(url, events, progress)
        yield _retain(folder / "retention", url, watch)
        return
    # PostgreSQL runs as another user, if this one is root.
    folder.chmod(0o755)
    for kind in KINDS:
        with log(folder, kind, events, progress) as made:
            yield _retain(folder / f"retention-{kind}", made, watch)


def _retain(folder: Path, url: str, watch: Watch) -> Retained:
    place = Place(folder, {"NOTIFIER_DATABASE_URL": url})
    rules = folder / "rules.json"
    rules.write_bytes(orjson.dumps(_RULES))
    database = Database(url)
    room = bytes_of_log(database)
    with ExitStack() as stack:
        server = stack.enter_context(place.running("serve"))
        server.wait_until(partial(is_registry, place.host))
        load = stack.enter_context(steady(place.host, _paths(database)))
        time.sleep(_WARM_UP_S)
        _take(load)
        time.sleep(watch.rest_s)
        at_rest = _take(load)
        began, cpu_s = time.monotonic(), server.cpu_s()
        # The workers begin a run by themselves.
        place.run("retention", "set", str(rules))
        _wait_until_done(database, server, began + watch.run_s)
        seconds = time.monotonic() - began
        cores = (server.cpu_s() - cpu_s) / seconds
        meanwhile = _take(load)
    rules.write_bytes(b"[]")
    place.run("retention", "set", str(rules))
    with database.read() as connection:
        [run] = list_runs(connection, limit=1)
        packed = sum(archive.size for archive in list_archives(connection))
    retained = Retained(
        database=database.dialect,
        examined=run.examined,
        archived=run.archived,
        archives=run.archives,
        packed=packed,
        room=room,
        left=bytes_of_log(database),
        seconds=seconds,
        server_cores=cores,
        strains=[
            Strain(kind=kind, at_rest=at_rest[kind], meanwhile=meanwhile[kind])
            for kind in at_rest
        ],
        errors=load.errors,
    )
    database.close()
    return retained


def _take(load: Steady) -> dict[str, Latency]:
    return {kind: load.take(kind) for kind in load.kinds}


def _paths(database: Database) -> Sequence[str]:
    """Return what to ask: each question about many events that stay."""
    drawn = draw(database, _DAYS)
    paths = [path_of(event) for event in drawn for path_of in QUESTIONS.values()]
    Random(1).shuffle(paths)
    return paths


def _wait_until_done(database: Database, server: Program, until: float) -> None:
    """Wait for a run to begin, to end, and for all that it takes to be gone."""
    while time.monotonic() < until and _is_under_way(database):
        server.require_alive()
        time.sleep(_LOOK_EVERY_S)


def _is_under_way(database: Database) -> bool:
    with database.read() as connection:
        newest = list_runs(connection, limit=1)
        if not newest or newest[0].finished_at is None:
            return True
        return connection.scalar(_IS_LEAVING) is not None


_IS_LEAVING: Final = (
    sa.select(ArchiveRow.id).where(ArchiveRow.state == LEAVING).limit(1)
)
