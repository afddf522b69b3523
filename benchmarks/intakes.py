"""What was taken in, as a table, and what casts doubt on it."""

from collections.abc import Iterator, Sequence
from statistics import median

from rich import box
from rich.table import Table

from benchmarks.ingest import Intake
from benchmarks.tables import BUSY, make_table


def intake_table(intakes: Sequence[Intake], frame: box.Box) -> Table:
    """Put the medians of all rounds into a row for each size of envelopes."""
    table = make_table(
        *("envelope", "conn.", "events per s", "p50 ms", "p99 ms", "errors"),
        *("answered", "recorded", "server CPUs", "client CPUs"),
        frame=frame,
    )
    for envelope in dict.fromkeys(intake.envelope for intake in intakes):
        rounds = [intake for intake in intakes if intake.envelope == envelope]
        table.add_row(
            str(envelope),
            str(rounds[0].connections),
            f"{median(intake.per_s for intake in rounds):,.0f}",
            f"{median(intake.p50_ms for intake in rounds):,.1f}",
            f"{median(intake.p99_ms for intake in rounds):,.1f}",
            f"{sum(intake.errors for intake in rounds):,}",
            f"{sum(intake.answered for intake in rounds):,}",
            f"{sum(intake.recorded for intake in rounds):,}",
            f"{median(intake.server_cores for intake in rounds):.2f}",
            f"{median(intake.client_cores for intake in rounds):.2f}",
        )
    return table


def intake_doubts(intakes: Sequence[Intake]) -> Iterator[str]:
    """Name what makes a figure doubtful."""
    for intake in intakes:
        where = f"ingest, envelopes of {intake.envelope}"
        if intake.busy > BUSY:
            yield f"{where}: the client was the limit"
        if intake.errors:
            yield f"{where}: {intake.errors} requests were not answered 200"
        if intake.recorded < intake.answered:
            lost = intake.answered - intake.recorded
            yield f"{where}: {lost} EVENTS THAT WERE ANSWERED ARE NOT IN THE LOG"
