"""What growth costs, as a table for each thing that grows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich import box
from rich.table import Table

from benchmarks.comparison import Row
from benchmarks.tables import make_table
from benchmarks.turns import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """The turns of two servers that differ in one size, the small one's name first."""

    name: str
    servers: Sequence[str]
    turns: Sequence[Turn]


def growth_table(grown: Grown, frame: box.Box) -> Table:
    """Put the large one below the small one; the ratio is the large one's over it."""
    table = make_table(
        *("workload", "size", "per s", "ratio", "requests per s", "ratio"),
        *("p50 ms", "p99 ms", "errors", "server CPUs", "server MB"),
        *("events per s", "lag p50 s", "p99 s"),
        frame=frame,
    )
    for row in _rows(grown):
        first = row.turns[0]
        table.add_row(
            first.workload,
            first.server.rpartition(" ")[2],
            row.median("{:,.1f}", lambda turn: turn.load.per_s),
            row.ratio(lambda turn: turn.load.per_s),
            row.median("{:,.0f}", lambda turn: turn.requests_per_s),
            row.ratio(lambda turn: turn.requests_per_s),
            row.median("{:,.1f}", lambda turn: turn.load.p50_ms),
            row.median("{:,.1f}", lambda turn: turn.load.p99_ms),
            row.total(lambda turn: turn.load.errors),
            row.median("{:.2f}", lambda turn: turn.server_cores),
            row.median("{:,.0f}", lambda turn: turn.peak_mb),
            row.median("{:,.0f}", lambda turn: turn.lag.per_s),
            row.median("{:.3f}", lambda turn: turn.lag.p50_s),
            row.median("{:.3f}", lambda turn: turn.lag.p99_s),
        )
    return table


def _rows(grown: Grown) -> Iterator[Row]:
    for _, group in groupby(grown.turns, lambda turn: turn.workload):
        turns = list(group)
        small, large = (
            [turn for turn in turns if turn.server == name] for name in grown.servers
        )
        yield Row(small, [])
        yield Row(large, small)
