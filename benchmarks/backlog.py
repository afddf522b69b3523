"""A backlog: how one worker process delivers what was due before it started."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import sqlalchemy as sa

from benchmarks.client import Client
from benchmarks.images import REPOSITORIES
from benchmarks.load import GET
from benchmarks.place import Place
from benchmarks.processes import is_registry
from benchmarks.receiver import Receiver
from benchmarks.stock import Stock
from notifier.db import Database

BATCHES: Final = (1, 100)

_NAME: Final = "backlog"
_CONNECTIONS: Final = 8
_LOAD_S: Final = 2.0
_POLL_S: Final = 0.05
_SILENCE_S: Final = 15.0

_DELIVERIES: Final = """
    FROM endpoints JOIN deliveries ON deliveries.endpoint_id = endpoints.id
    {join} WHERE endpoints.name = :name AND endpoints.removed_at IS NULL
"""
_DUE: Final = sa.text(
    f"SELECT count(*) {_DELIVERIES.format(join='')} AND deliveries.due_at IS NOT NULL"
)
_ON_RECORD: Final = sa.text(
    "SELECT count(*), count(DISTINCT deliveries.id) "
    + _DELIVERIES.format(
        join="JOIN attempts ON attempts.delivery_id = deliveries.id",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How *events* were delivered, all of which were due before the worker started.

    *seconds* run from the first POST to the last event. At the end *attempts* are on
    record, of *told* events; *missed* were made and never due.
    """

    max_batch: int
    events: int
    missed: int
    received: int
    duplicates: int
    seconds: float
    per_s: float
    attempts: int
    told: int
    worker_cores: float
    receiver_cores: float


def deliver_backlog(
    client: Client, folder: Path, receiver: Receiver, *, max_batch: int, events: int
) -> Backlog:
    """Make at least so many *events*, then have them delivered to *receiver*."""
    place = Place(folder)
    place.run("db", "upgrade")
    database = Database(place.database_url)
    with place.endpoint(_NAME, receiver.url, "--max-batch", str(max_batch)):
        made = _make_events(client, place, database, events)
        due = _count(database, _DUE)[0]
        sent = _deliver(place, receiver, due)
        attempts, told = _count(database, _ON_RECORD)
    database.close()
    return Backlog(
        max_batch=max_batch,
        events=due,
        missed=max(0, made - due),
        attempts=attempts,
        told=told,
        **sent._asdict(),
    )


class _Sent(NamedTuple):
    received: int
    duplicates: int
    seconds: float
    per_s: float
    worker_cores: float
    receiver_cores: float


def _make_events(client: Client, place: Place, database: Database, least: int) -> int:
    """Pull until there are so many events, and wait until all of them are due."""
    with place.running("web") as web:
        web.wait_until(partial(is_registry, place.host))
        stock = Stock(images=client.push_images(place.host, REPOSITORIES))
        made = 0
        while made < least:
            load = client.run(
                place.host,
                GET,
                stock=stock,
                connections=_CONNECTIONS,
                seconds=_LOAD_S,
            )
            made += load.operations
        _wait_for(lambda: _count(database, _DUE)[0], made)
    # What wrk had under way at the end is not in its count. The server has moved that
    # as well before it ended.
    return made


def _deliver(place: Place, receiver: Receiver, due: int) -> _Sent:
    """Run a worker until all has come. Its start counts for nothing."""
    receiver.take()
    with place.running("worker") as worker:
        _wait_for(receiver.count, 1)
        began, cpu_s = time.monotonic(), worker.cpu_s()
        _wait_for(receiver.count, due)
        cores = (worker.cpu_s() - cpu_s) / (time.monotonic() - began)
    # What was answered is on record when it has ended.
    receipts = receiver.take()
    received = len(receipts.received_ns)
    span_ns = max(receipts.received_ns) - min(receipts.received_ns) if received else 0
    seconds = span_ns / 1e9
    return _Sent(
        received=received,
        duplicates=receipts.duplicates,
        seconds=seconds,
        per_s=received / seconds if seconds else 0.0,
        worker_cores=cores,
        receiver_cores=receipts.cpu_s / seconds if seconds else 0.0,
    )


def _wait_for(count: Callable[[], int], expected: int) -> None:
    """Wait until so many are counted, but not when nothing changes for a while."""
    counted, silent_since = -1, time.monotonic()
    while counted < expected and time.monotonic() - silent_since < _SILENCE_S:
        time.sleep(_POLL_S)
        if (now_counted := count()) != counted:
            counted, silent_since = now_counted, time.monotonic()


def _count(database: Database, statement: sa.TextClause) -> tuple[int, ...]:
    with database.read() as connection:
        return tuple(connection.execute(statement, {"name": _NAME}).one())
