"""What runs of retention cost and did, as tables, and what casts doubt on them."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table

from benchmarks.retention import Retained
from benchmarks.tables import make_table

_MB = 1_000_000


def strain_table(runs: Sequence[Retained], frame: box.Box) -> Table:
    """Put what pushes and questions took at rest beside what they took meanwhile."""
    table = make_table(
        *("database", "what", "at rest", "p50 ms", "p99 ms"),
        *("meanwhile", "p50 ms", "p99 ms", "ratio of p99"),
        frame=frame,
    )
    for run in runs:
        for strain in run.strains:
            table.add_row(
                run.database,
                strain.kind,
                f"{strain.at_rest.operations:,}",
                f"{strain.at_rest.p50_ms:,.1f}",
                f"{strain.at_rest.p99_ms:,.1f}",
                f"{strain.meanwhile.operations:,}",
                f"{strain.meanwhile.p50_ms:,.1f}",
                f"{strain.meanwhile.p99_ms:,.1f}",
                f"{strain.ratio:.2f}",
            )
    return table


def retained_table(runs: Sequence[Retained], frame: box.Box) -> Table:
    """Put each run into a row."""
    table = make_table(
        *("database", "looked at", "archived", "seconds", "per s", "server CPUs"),
        *("archives", "MB of archives", "MB of log before", "MB after"),
        frame=frame,
    )
    for run in runs:
        table.add_row(
            run.database,
            f"{run.examined:,}",
            f"{run.archived:,}",
            f"{run.seconds:,.0f}",
            f"{run.per_s:,.0f}",
            f"{run.server_cores:.2f}",
            f"{run.archives:,}",
            f"{run.packed / _MB:,.0f}",
            f"{run.room / _MB:,.0f}",
            f"{run.left / _MB:,.0f}",
        )
    return table


def retained_doubts(runs: Sequence[Retained]) -> Iterator[str]:
    """Name what makes a figure doubtful."""
    for run in runs:
        if run.errors:
            some = f"{len(run.errors)} errors; {run.errors[0]}"
            yield f"retention, {run.database}: {some}"
