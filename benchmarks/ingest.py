"""Ingest: how fast what another registry sends is taken in.

Envelopes of one event, as distribution sends them, and of a hundred. Each is answered
when it is committed. Nobody is told of the events: no endpoint wants any.
"""

import json
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from benchmarks.load import Load
from benchmarks.place import Place
from benchmarks.processes import is_registry
from benchmarks.wrk import run_script
from notifier.db import Database
from notifier.events.tables import EventRow

ENVELOPES: Final = (1, 100)
CONNECTIONS: Final = 8

_SCRIPT: Final = Path(__file__).with_name("ingest.lua")
_WARM_UP_S: Final = 1
_NAME: Final = "bench"
_COUNT: Final = sa.select(sa.func.count()).where(EventRow.ingest_text.is_not(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What was taken in, in envelopes of so many events.

    *answered* events are in requests that were answered, *recorded* ones in the log.
    """

    envelope: int
    connections: int
    answered: int
    recorded: int
    per_s: float
    p50_ms: float
    p99_ms: float
    errors: int
    busy: float
    server_cores: float
    client_cores: float


def take_in(folder: Path, *, envelope: int, connections: int, seconds: int) -> Intake:
    """Send envelopes to a new server, over and over for some seconds."""
    place = Place(folder)
    place.run("db", "upgrade")
    token = json.loads(place.run("sources", "add", _NAME, "--json"))["token"]
    send = partial(_send, place, token, envelope, connections)
    database = Database(place.database_url)
    with place.running("web") as web:
        web.wait_until(partial(is_registry, place.host))
        send(_WARM_UP_S)
        before, cpu_s = _count(database), web.cpu_s()
        load = send(seconds)
        cores = (web.cpu_s() - cpu_s) / load.wall_s
        recorded = _count(database) - before
    place.run("sources", "remove", _NAME)
    database.close()
    return Intake(
        envelope=envelope,
        connections=connections,
        answered=(load.operations - load.errors) * envelope,
        recorded=recorded,
        per_s=(load.operations - load.errors) * envelope / load.wall_s,
        p50_ms=load.p50_ms,
        p99_ms=load.p99_ms,
        errors=load.errors,
        busy=load.busy,
        server_cores=cores,
        client_cores=load.cores,
    )


def _send(
    place: Place, token: str, envelope: int, connections: int, seconds: int
) -> Load:
    series = str(time.time_ns() // 1000 % 2**31)
    return run_script(
        f"http://{place.host}/api/v1/ingest/{_NAME}",
        _SCRIPT,
        [token, str(envelope), series],
        connections=connections,
        threads=1,
        seconds=seconds,
    )


def _count(database: Database) -> int:
    with database.read() as connection:
        return connection.scalar(_COUNT) or 0
