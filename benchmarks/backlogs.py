"""How backlogs were delivered, as a table, and what casts doubt on it."""

from collections.abc import Iterator, Sequence
from statistics import median

from rich import box
from rich.table import Table

from benchmarks.backlog import Backlog
from benchmarks.tables import BUSY, make_table


def backlog_table(backlogs: Sequence[Backlog], frame: box.Box) -> Table:
    """Put the medians of all rounds into a row for each size of batches."""
    table = make_table(
        *("max_batch", "events", "received", "attempts on record"),
        *("seconds", "per s", "worker CPUs", "receiver CPUs"),
        frame=frame,
    )
    for max_batch in dict.fromkeys(backlog.max_batch for backlog in backlogs):
        rounds = [backlog for backlog in backlogs if backlog.max_batch == max_batch]
        table.add_row(
            str(max_batch),
            f"{sum(backlog.events for backlog in rounds):,}",
            f"{sum(backlog.received for backlog in rounds):,}",
            f"{sum(backlog.attempts for backlog in rounds):,}",
            f"{median(backlog.seconds for backlog in rounds):,.1f}",
            f"{median(backlog.per_s for backlog in rounds):,.0f}",
            f"{median(backlog.worker_cores for backlog in rounds):.2f}",
            f"{median(backlog.receiver_cores for backlog in rounds):.2f}",
        )
    return table


def backlog_doubts(backlogs: Sequence[Backlog]) -> Iterator[str]:
    """Name what makes a figure doubtful."""
    for backlog in backlogs:
        where = f"backlog, max_batch {backlog.max_batch}"
        if backlog.missed:
            yield f"{where}: {backlog.missed} events were made and never due"
        if backlog.received < backlog.events:
            lost = backlog.events - backlog.received
            yield f"{where}: {lost} events did not come"
        if backlog.told < backlog.events:
            lost = backlog.events - backlog.told
            yield f"{where}: {lost} DELIVERIES HAVE NO ATTEMPT ON RECORD"
        if backlog.duplicates:
            yield f"{where}: {backlog.duplicates} events came again"
        if backlog.receiver_cores > BUSY:
            yield f"{where}: the receiver was the limit"
