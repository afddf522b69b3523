"""One turn: a load on one server, and what became of its events."""

import math
import time
from dataclasses import dataclass
from typing import Final

from benchmarks.client import Client
from benchmarks.load import Load, Workload, percentile
from benchmarks.machine import read_busy_s
from benchmarks.memory import watching
from benchmarks.receiver import Receipts, Receiver
from benchmarks.servers import Server
from benchmarks.stock import Stock

_POLL_S: Final = 0.05
# Longer than the first pauses of those that try again.
_SILENCE_S: Final = 20.0
_AFTERMATH_S: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How the events of a load came.

    The lag runs from an event's timestamp to its receipt. *backlog* events had not come
    when the load ended, the last one came *drained_s* later; *per_s* came in each
    second until then.
    """

    expected: int
    received: int
    duplicates: int
    per_s: float
    p50_s: float
    p99_s: float
    max_s: float
    backlog: int
    drained_s: float
    receiver_cores: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What was measured in one turn.

    *peak_mb* is the most memory that the server had meanwhile, until the last event had
    come. *other_cores* is what of the machine neither it nor the client had.
    """

    server: str
    workload: str
    connections: int
    megabytes: int
    load: Load
    requests_per_s: float
    server_cores: float
    other_cores: float
    peak_mb: float
    lag: Lag


def take_turn(
    client: Client,
    server: Server,
    workload: Workload,
    *,
    stock: Stock,
    connections: int,
    seconds: float,
    drain_s: float,
) -> Turn:
    """Put *workload* on *server*, then wait until its events have come."""
    registry = server.registry
    registry.receiver.take()
    with watching(server.program) as memory:
        cpu_s, busy_s, began = server.program.cpu_s(), read_busy_s(), time.monotonic()
        load = client.run(
            registry.host,
            workload,
            stock=stock,
            connections=connections,
            seconds=seconds,
        )
        ended_ns, took_s = time.time_ns(), time.monotonic() - began
        cores = (server.program.cpu_s() - cpu_s) / load.wall_s
        busy = (read_busy_s() - busy_s) / took_s
        layers = stock.shape.layers
        made = load.count_events(layers, head_is_pull=registry.head_is_pull)
        expected = made * registry.told
        came = registry.receiver.count()
        wait_for_events(registry.receiver, expected, drain_s)
    return Turn(
        server=registry.name,
        workload=workload.name,
        connections=connections,
        load=load,
        requests_per_s=load.count_requests(layers) / load.wall_s,
        megabytes=workload.megabytes,
        server_cores=cores,
        other_cores=max(0.0, busy - cores - load.cores),
        peak_mb=memory.peak_mb,
        lag=_sum_up(registry.receiver.take(), load, expected, came, ended_ns),
    )


def wait_for_events(receiver: Receiver, expected: int, drain_s: float) -> None:
    """Wait for them, but not for ever, nor when none has come for a while."""
    deadline = time.monotonic() + drain_s
    count, silent_since = -1, time.monotonic()
    while (now := time.monotonic()) < deadline:
        if (now_count := receiver.count()) != count:
            count, silent_since = now_count, now
        # What wrk had under way at the end is not in its count, but makes events too.
        elif now - silent_since > (_SILENCE_S if count < expected else _AFTERMATH_S):
            break
        time.sleep(_POLL_S)


def _sum_up(
    receipts: Receipts, load: Load, expected: int, came: int, ended_ns: int
) -> Lag:
    lags = sorted(receipts.lags_s)
    last_ns = max(receipts.received_ns, default=ended_ns)
    drained_s = max(0.0, (last_ns - ended_ns) / 1e9)
    span_s = load.wall_s + drained_s
    return Lag(
        expected=expected,
        received=len(lags),
        duplicates=receipts.duplicates,
        per_s=len(lags) / span_s,
        p50_s=percentile(lags, 50),
        p99_s=percentile(lags, 99),
        max_s=max(lags, default=math.nan),
        backlog=max(0, expected - came),
        drained_s=drained_s,
        receiver_cores=receipts.cpu_s / span_s,
    )
