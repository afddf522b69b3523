"""A stop: what becomes of events if the server is told to end as soon as the load does.

It is stopped by SIGTERM, as service managers do it, and then started again: what comes
after that is late, and not lost.
"""

import time
from dataclasses import dataclass
from typing import Final

from benchmarks.client import Client
from benchmarks.images import REPOSITORIES
from benchmarks.load import ACTS, PULL, PUSH, Workload
from benchmarks.servers import Registry
from benchmarks.stock import Stock
from benchmarks.turns import wait_for_events

# Our own client does them: what has come is known exactly.
WORKLOADS: Final = (PUSH, PULL)
CONNECTIONS: Final = 8

_SEED_DRAIN_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What became of the *expected* events of a load.

    So many came *before* the server had ended, which took it *stop_s*, and so many
    *after* it was started again.
    """

    server: str
    workload: str
    connections: int
    expected: int
    before: int
    after: int
    duplicates: int
    errors: int
    stop_s: float

    @property
    def lost(self) -> int:
        """Return how many never came."""
        return max(0, self.expected - self.before - self.after)


def stop_after(
    client: Client,
    registry: Registry,
    workload: Workload,
    *,
    seconds: float,
    drain_s: float,
) -> Stop:
    """Put *workload* on a new server, stop it at once, and start it again."""
    told = registry.receiver
    with registry.running():
        images = client.push_images(registry.host, REPOSITORIES)
        pushed = len(images) * ACTS["push"].events
        wait_for_events(told, pushed, _SEED_DRAIN_S)
        told.take()
        load = client.run(
            registry.host,
            workload,
            stock=Stock(images=images),
            connections=CONNECTIONS,
            seconds=seconds,
        )
        ended = time.monotonic()
    stop_s = time.monotonic() - ended
    expected = load.count_events(1, head_is_pull=registry.head_is_pull)
    before = told.count()
    with registry.running():
        wait_for_events(told, expected, drain_s)
    receipts = told.take()
    return Stop(
        server=registry.name,
        workload=workload.name,
        connections=CONNECTIONS,
        expected=expected,
        before=before,
        after=len(receipts.lags_s) - before,
        duplicates=receipts.duplicates,
        errors=load.errors,
        stop_s=stop_s,
    )
