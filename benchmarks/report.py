"""The figures of all turns, as tables for people and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import orjson
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.backlog import Backlog
from benchmarks.backlogs import backlog_doubts, backlog_table
from benchmarks.compared import (
    doubts,
    event_table,
    ratio_plot,
    request_table,
    stream_table,
)
from benchmarks.comparison import compare
from benchmarks.ingest import Intake
from benchmarks.intakes import intake_doubts, intake_table
from benchmarks.machine import Machine
from benchmarks.retained import retained_doubts, retained_table, strain_table
from benchmarks.retention import Retained
from benchmarks.stopped import stop_doubts, stop_table
from benchmarks.stops import Stop
from benchmarks.turns import Turn

_WIDE: Final = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All turns, and what they were measured on."""

    machine: Machine
    versions: dict[str, str]
    seconds: int
    turns: Sequence[Turn]
    stops: Sequence[Stop]
    backlogs: Sequence[Backlog]
    intakes: Sequence[Intake]
    retained: Sequence[Retained]

    def write(self, path: Path) -> None:
        """Write all of it as JSON."""
        path.write_bytes(orjson.dumps(self, option=orjson.OPT_INDENT_2))

    def plot(self, path: Path) -> None:
        """Draw the ratios; raise `click.ClickException` if there are none."""
        rows = [row for row in compare(self.turns, list(self.versions)) if row.others]
        if not rows:
            raise click.ClickException("there is nothing to compare: no plot")
        path.write_text(ratio_plot(rows, self.machine, self.versions).render())

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
            *doubts(self.turns),
            *stop_doubts(self.stops),
            *backlog_doubts(self.backlogs),
            *intake_doubts(self.intakes),
            *retained_doubts(self.retained),
        ):
            console.print(f"! {doubt}", style="yellow", highlight=False)

    def _tables(self, frame: box.Box) -> Iterator[tuple[str, Table]]:
        rows = list(compare(self.turns, list(self.versions)))
        small = [row for row in rows if not row.turns[0].megabytes]
        large = [row for row in rows if row.turns[0].megabytes]
        if small:
            yield "Requests", request_table(small, frame)
        if large:
            yield "Large blobs", stream_table(large, frame)
        if rows:
            yield "Events, from commit to receipt", event_table(rows, frame)
        if self.stops:
            yield (
                "Events, at a stop as soon as the load ends",
                stop_table(self.stops, frame),
            )
        if self.backlogs:
            yield "Backlog, by one worker process", backlog_table(self.backlogs, frame)
        if self.intakes:
            yield "Ingest, from another registry", intake_table(self.intakes, frame)
        if self.retained:
            yield (
                "Retention, and who pushes and asks",
                strain_table(self.retained, frame),
            )
            yield "Retention, and the log", retained_table(self.retained, frame)
