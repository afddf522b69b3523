"""The client: keeps a number of connections busy for some seconds.

``wrk`` where one GET after the other suffices and it is installed, else processes of
our own. Either way the client's CPU time is taken, so that it shows if the client was
the limit.
"""

import gc
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from multiprocessing.pool import Pool
from typing import Final

from benchmarks.blobs import carry_share, push_one
from benchmarks.images import ONE_LAYER, Image, Shape, build_image
from benchmarks.load import Load, Workload, percentile
from benchmarks.loop import Share, Tally, push_all, run_share
from benchmarks.stock import Listing, Stock, build_listed, catalog_of, tags_of
from benchmarks.wrk import is_installed, paths_of, run_wrk

_START_S: Final = 0.2


class Client:
    """Runs loads, in the processes of *pool* or by ``wrk``."""

    def __init__(self, pool: Pool, processes: int) -> None:
        self._pool = pool
        self._processes = processes
        self._series = count()

    def push_images(
        self, host: str, number: int, shape: Shape = ONE_LAYER
    ) -> list[Image]:
        """Push images to be fetched; without *shape*, of one layer."""
        series = self._next_series()
        images = [build_image(series, n, shape) for n in range(number)]
        self._push(host, images)
        return images

    def push_listed(self, host: str) -> tuple[Listing, Listing]:
        """Push images to be listed; return a page of the catalog and a list of tags."""
        series = self._next_series()
        images = build_listed(series)
        self._push(host, images)
        return catalog_of(series, images), tags_of(images)

    def push_blob(self, host: str) -> str:
        """Push a large blob; return its name."""
        name = self._next_series()
        self._pool.apply(push_one, (host, name))
        return name

    def run(
        self,
        host: str,
        workload: Workload,
        *,
        stock: Stock,
        connections: int,
        seconds: float,
    ) -> Load:
        """Do *workload* over and over for *seconds*; what was begun is finished."""
        [first, *others] = workload.acts
        paths = [] if others else paths_of(first, stock)
        if paths and is_installed() and seconds >= 1:
            load = run_wrk(
                host,
                paths,
                connections=connections,
                threads=min(self._processes, connections),
                seconds=int(seconds),
                per_s=workload.per_s,
            )
            return replace(load, done={first: load.operations})
        processes = min(self._processes, connections)
        share = partial(
            Share,
            host=host,
            acts=workload.acts,
            stock=stock,
            starts_at=time.monotonic() + _START_S,
            seconds=seconds,
        )
        shares = [
            share(
                series=self._next_series(),
                connections=len(range(part, connections, processes)),
            )
            for part in range(processes)
        ]
        run = carry_share if workload.megabytes else run_share
        return _sum_up(self._pool.map(run, shares, chunksize=1))

    def _push(self, host: str, images: Sequence[Image]) -> None:
        """Push each of them once, all processes together."""
        parts = [images[start :: self._processes] for start in range(self._processes)]
        self._pool.starmap(push_all, [(host, part) for part in parts], chunksize=1)

    def _next_series(self) -> str:
        """Return one that never comes back: what is pushed twice is no push."""
        return f"{time.time_ns():x}-{next(self._series)}"


@contextmanager
def client(processes: int) -> Iterator[Client]:
    """Keep *processes* ready."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, _prepare) as pool:
        yield Client(pool, processes)


def _prepare() -> None:
    # Ctrl-C reaches the whole terminal; the pool's owner ends its processes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing here is cyclic, and a collection would look like latency.
    gc.disable()


def _sum_up(tallies: Sequence[Tally]) -> Load:
    latencies = sorted(value for tally in tallies for value in tally.latencies_s)
    return Load(
        operations=len(latencies),
        wall_s=max(tally.wall_s for tally in tallies),
        # What was begun in time counts, and so does the time to finish it: a slow
        # server is not charged for being cut off.
        per_s=sum(len(tally.latencies_s) / tally.wall_s for tally in tallies),
        p50_ms=percentile(latencies, 50) * 1e3,
        p99_ms=percentile(latencies, 99) * 1e3,
        errors=sum(tally.errors for tally in tallies),
        error=next((tally.error for tally in tallies if tally.error), ""),
        busy=max(tally.cpu_s / tally.wall_s for tally in tallies),
        cores=sum(tally.cpu_s / tally.wall_s for tally in tallies),
        done=sum((tally.done for tally in tallies), Counter()),
    )


def count_processors() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0))
