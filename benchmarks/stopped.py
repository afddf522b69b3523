"""What became of events at a stop, as a table, and what casts doubt on it."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table

from benchmarks.stops import Stop
from benchmarks.tables import make_table


def stop_table(stops: Sequence[Stop], frame: box.Box) -> Table:
    """Put each stop into a row."""
    table = make_table(
        *("workload", "conn.", "server", "expected", "before the end"),
        *("after the next start", "lost", "stop s"),
        frame=frame,
    )
    for stop in stops:
        table.add_row(
            stop.workload,
            str(stop.connections),
            stop.server,
            f"{stop.expected:,}",
            f"{stop.before:,}",
            f"{stop.after:,}",
            f"{stop.lost:,}",
            f"{stop.stop_s:.1f}",
        )
    return table


def stop_doubts(stops: Sequence[Stop]) -> Iterator[str]:
    """Name what makes a figure doubtful."""
    for stop in stops:
        where = f"stop after {stop.workload}, {stop.server}"
        if stop.errors:
            yield f"{where}: {stop.errors} errors before it"
        if stop.duplicates:
            yield f"{where}: {stop.duplicates} events came again"
