"""What the turns of all servers came to, as tables, and what casts doubt on them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich import box
from rich.table import Table

from benchmarks.comparison import Row
from benchmarks.machine import Machine
from benchmarks.plot import Bars, Plot
from benchmarks.tables import BUSY, make_table
from benchmarks.turns import Turn

_CASE: Final = ("workload", "conn.", "server")
_COSTS: Final = (
    "p50 ms",
    "p99 ms",
    "errors",
    "server CPUs",
    "server MB",
    "client CPUs",
)

# What of the machine is neither the server's nor the client's: the receiver's is less.
_DISTURBED: Final = 0.5

_LEGIBLE: Final = 200


def request_table(rows: Sequence[Row], frame: box.Box) -> Table:
    """Tell how often a second things were done."""
    table = make_table(*_CASE, "per s", "ratio", *_COSTS, frame=frame)
    for row in rows:
        table.add_row(
            *row.head(),
            row.median("{:,.0f}", lambda turn: turn.load.per_s),
            row.ratio(lambda turn: turn.load.per_s),
            *_costs(row),
        )
    return table


def stream_table(rows: Sequence[Row], frame: box.Box) -> Table:
    """Tell how many megabytes a second went through."""
    table = make_table(*_CASE, "blobs", "MB per s", "ratio", *_COSTS, frame=frame)
    for row in rows:
        table.add_row(
            *row.head(),
            row.total(lambda turn: turn.load.operations),
            row.median("{:,.0f}", lambda turn: turn.load.per_s * turn.megabytes),
            row.ratio(lambda turn: turn.load.per_s),
            *_costs(row),
        )
    return table


def event_table(rows: Sequence[Row], frame: box.Box) -> Table:
    """Tell how the events came, where there are any."""
    table = make_table(
        *_CASE,
        *("received", "expected", "per s", "ratio"),
        *("p50 s", "p99 s", "max s", "backlog", "drained s"),
        frame=frame,
    )
    for row in rows:
        if not any(turn.lag.expected for turn in (*row.turns, *row.others)):
            continue
        table.add_row(
            *row.head(),
            row.total(lambda turn: turn.lag.received),
            row.total(lambda turn: turn.lag.expected),
            row.median("{:,.0f}", lambda turn: turn.lag.per_s),
            row.ratio(lambda turn: turn.lag.per_s),
            row.median("{:.3f}", lambda turn: turn.lag.p50_s),
            row.median("{:.3f}", lambda turn: turn.lag.p99_s),
            row.median("{:.3f}", lambda turn: turn.lag.max_s),
            row.median("{:,.0f}", lambda turn: turn.lag.backlog),
            row.median("{:.1f}", lambda turn: turn.lag.drained_s),
        )
    return table


def ratio_plot(
    rows: Sequence[Row], machine: Machine, versions: Mapping[str, str]
) -> Plot:
    """Draw how many times as much the first of two servers does."""
    ours, theirs = [f"{name} {version}" for name, version in versions.items()]
    return Plot(
        title=f"{ours} and {theirs}",
        subtitle=machine.render(),
        axis=f"{ours} over {theirs}, per second; logarithmic, more is better",
        rows="workload x connections",
        series=("done", "events delivered"),
        bars=[
            Bars(
                "{} x {}".format(*row.head()),
                [
                    row.find_ratio(lambda turn: turn.load.per_s),
                    row.find_ratio(lambda turn: turn.lag.per_s),
                ],
            )
            for row in rows
        ],
    )


def doubts(turns: Sequence[Turn]) -> Iterator[str]:
    """Name what makes a figure doubtful."""
    disturbed = [turn.other_cores for turn in turns if turn.other_cores > _DISTURBED]
    if disturbed:
        some = f"{len(disturbed)} of {len(turns)} turns"
        yield f"in {some} others had up to {max(disturbed):.1f} CPUs of the machine"
    for turn in turns:
        where = f"{turn.workload} x {turn.connections}, {turn.server}"
        lost = turn.lag.expected - turn.lag.received
        if turn.load.busy > BUSY:
            yield f"{where}: the client was the limit"
        if turn.lag.receiver_cores > BUSY:
            yield f"{where}: the receiver was the limit"
        if turn.load.errors:
            yield f"{where}: {turn.load.errors} errors; {turn.load.error[:_LEGIBLE]}"
        if lost > 0:
            yield f"{where}: {lost} events did not come in time"
        if turn.lag.duplicates:
            yield f"{where}: {turn.lag.duplicates} events came again"


def _costs(row: Row) -> list[str]:
    return [
        row.median("{:,.1f}", lambda turn: turn.load.p50_ms),
        row.median("{:,.1f}", lambda turn: turn.load.p99_ms),
        row.total(lambda turn: turn.load.errors),
        row.median("{:.2f}", lambda turn: turn.server_cores),
        row.median("{:,.0f}", lambda turn: turn.peak_mb),
        row.median("{:.2f}", lambda turn: turn.load.cores),
    ]
