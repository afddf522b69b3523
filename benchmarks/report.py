"""The figures of all turns, as tables for people and as JSON."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Final

import orjson
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.backlog import Backlog
from benchmarks.ingest import Intake
from benchmarks.intakes import intake_doubts, intake_table
from benchmarks.machine import Machine
from benchmarks.retained import retained_doubts, retained_table, strain_table
from benchmarks.retention import Retained
from benchmarks.tables import BUSY, make_table
from benchmarks.turns import Turn

_WIDE: Final = 160
_CASE: Final = ("workload", "conn.", "server")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All turns, and what they were measured on."""

    machine: Machine
    versions: dict[str, str]
    seconds: int
    turns: Sequence[Turn]
    backlogs: Sequence[Backlog]
    intakes: Sequence[Intake]
    retained: Sequence[Retained]

    def write(self, path: Path) -> None:
        """Write all of it as JSON."""
        path.write_bytes(orjson.dumps(self, option=orjson.OPT_INDENT_2))

    def show(self, console: Console) -> None:
        """Print the tables, as Markdown if not on a terminal, and what casts doubt."""
        if not console.is_terminal:
            console.width = max(console.width, _WIDE)
        versions = [f"{name} {version}" for name, version in self.versions.items()]
        lines = [
            self.machine.render(),
            f"{', '.join(versions)}; {self.seconds} s a turn",
        ]
        console.print("\n".join(lines), highlight=False)
        frame = box.SIMPLE_HEAD if console.is_terminal else box.MARKDOWN
        for title, table in self._tables(frame):
            console.print(f"\n{title}", style="bold")
            console.print(table)
        for doubt in (
            *_doubts(self.turns),
            *_backlog_doubts(self.backlogs),
            *intake_doubts(self.intakes),
            *retained_doubts(self.retained),
        ):
            console.print(f"! {doubt}", style="yellow", highlight=False)

    def _tables(self, frame: box.Box) -> Iterator[tuple[str, Table]]:
        if self.turns:
            rows = list(_rows(self.turns, list(self.versions)))
            yield "Requests", _requests(rows, frame)
            yield "Events, from commit to receipt", _events(rows, frame)
        if self.backlogs:
            yield "Backlog, by one worker process", _backlogs(self.backlogs, frame)
        if self.intakes:
            yield "Ingest, from another registry", intake_table(self.intakes, frame)
        if self.retained:
            yield (
                "Retention, and who pushes and asks",
                strain_table(self.retained, frame),
            )
            yield "Retention, and the log", retained_table(self.retained, frame)


@dataclass(frozen=True, slots=True)
class _Row:
    """The turns of one server at one workload, and those it is compared with."""

    turns: Sequence[Turn]
    others: Sequence[Turn]

    def head(self) -> list[str]:
        turn = self.turns[0]
        return [turn.workload, str(turn.connections), turn.server]

    def median(self, form: str, figure: Callable[[Turn], float]) -> str:
        value = median(map(figure, self.turns))
        return "-" if math.isnan(value) else form.format(value)

    def total(self, figure: Callable[[Turn], int]) -> str:
        return f"{sum(map(figure, self.turns)):,}"

    def ratio(self, figure: Callable[[Turn], float]) -> str:
        """Say how many times the others' figure this one is, if there are both."""
        own = median(map(figure, self.turns))
        base = median(map(figure, self.others)) if self.others else 0
        return f"{own / base:.2f}" if own and base else ""


def _rows(turns: Sequence[Turn], servers: Sequence[str]) -> Iterator[_Row]:
    """Put each server below the other; the first is compared with the last."""
    for _, group in groupby(turns, lambda turn: (turn.workload, turn.connections)):
        case = list(group)
        by_server = [[turn for turn in case if turn.server == s] for s in servers]
        for number, own in enumerate(by_server):
            first_of_two = number == 0 and len(servers) > 1
            yield _Row(own, by_server[-1] if first_of_two else [])


def _requests(rows: Sequence[_Row], frame: box.Box) -> Table:
    table = make_table(
        *_CASE,
        *("per s", "ratio", "p50 ms", "p99 ms", "errors", "server CPUs", "client CPUs"),
        frame=frame,
    )
    for row in rows:
        table.add_row(
            *row.head(),
            row.median("{:,.0f}", lambda turn: turn.load.per_s),
            row.ratio(lambda turn: turn.load.per_s),
            row.median("{:,.1f}", lambda turn: turn.load.p50_ms),
            row.median("{:,.1f}", lambda turn: turn.load.p99_ms),
            row.total(lambda turn: turn.load.errors),
            row.median("{:.2f}", lambda turn: turn.server_cores),
            row.median("{:.2f}", lambda turn: turn.load.cores),
        )
    return table


def _events(rows: Sequence[_Row], frame: box.Box) -> Table:
    table = make_table(
        *_CASE,
        *("received", "expected", "per s", "ratio"),
        *("p50 s", "p99 s", "max s", "backlog", "drained s"),
        frame=frame,
    )
    for row in rows:
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


def _backlogs(backlogs: Sequence[Backlog], frame: box.Box) -> Table:
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


def _doubts(turns: Sequence[Turn]) -> Iterator[str]:
    """Name what makes a figure doubtful."""
    for turn in turns:
        where = f"{turn.workload} x {turn.connections}, {turn.server}"
        lost = turn.lag.expected - turn.lag.received
        if turn.load.busy > BUSY:
            yield f"{where}: the client was the limit"
        if turn.lag.receiver_cores > BUSY:
            yield f"{where}: the receiver was the limit"
        if turn.load.errors:
            yield f"{where}: {turn.load.errors} errors; {turn.load.error}"
        if lost > 0:
            yield f"{where}: {lost} events did not come in time"
        if turn.lag.duplicates:
            yield f"{where}: {turn.lag.duplicates} events came again"


def _backlog_doubts(backlogs: Sequence[Backlog]) -> Iterator[str]:
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
