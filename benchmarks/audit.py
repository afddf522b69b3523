"""``python -m benchmarks.audit``: a log of each size, on both databases.

How fast the named questions are answered, how fast events are recorded, and how much
room each takes. What is measured is the part of a request that is ours: the client is
in the same process, and the server's own work is not in it.
"""

import os
import signal
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import orjson
import sqlalchemy as sa
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.asking import Answered, ask_all
from benchmarks.logs import KINDS, bytes_of_log, log
from benchmarks.machine import describe_machine
from benchmarks.recording import BATCHES, Recorded, record_more
from notifier import app as composition
from notifier.config import Settings
from notifier.db import Database
from notifier.events.tables import EventRow
from notifier.web.services import get_services

_SIZES: Final = (100_000, 10_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """What was found out about one log."""

    kind: str
    events: int
    bytes_per_event: float
    recorded: Sequence[Recorded]
    answered: Sequence[Answered]


@click.command()
@click.option(
    "--events",
    "sizes",
    default=_SIZES,
    show_default=True,
    multiple=True,
    type=click.IntRange(min=1000),
    help="How many a log has; may be given several times.",
)
@click.option(
    "--database",
    "kinds",
    default=KINDS,
    show_default=True,
    multiple=True,
    type=click.Choice(KINDS),
    help="Which databases; may be given several times.",
)
@click.option(
    "--rounds",
    default=300,
    show_default=True,
    type=click.IntRange(min=10),
    help="How often each question is asked.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the logs in this folder, and use those that are there.",
)
@click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the figures to this file.",
)
def main(
    *,
    sizes: tuple[int, ...],
    kinds: tuple[str, ...],
    rounds: int,
    keep: Path | None,
    json_path: Path | None,
) -> None:
    """Measure the audit log. Ten million events take some ten minutes to be made."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    progress = Console(stderr=True)
    with ExitStack() as stack:
        folder = keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="bench"))
        )
        # PostgreSQL runs as another user, if this one is root.
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        measured = []
        for kind in kinds:
            for events in sizes:
                with log(folder.resolve(), kind, events, progress) as url:
                    measured.append(_measure(url, kind, rounds))
        machine = describe_machine(folder)
    _show(Console(), machine.render(), measured)
    if json_path:
        json_path.write_bytes(orjson.dumps(measured, option=orjson.OPT_INDENT_2))


def _measure(url: str, kind: str, rounds: int) -> _Measured:
    database = Database(url)
    with database.read() as connection:
        events = connection.scalar(sa.select(sa.func.count()).select_from(EventRow))
    room = bytes_of_log(database)
    answered = _ask(url, database, rounds)
    recorded = list(record_more(database))
    database.close()
    return _Measured(
        kind=kind,
        events=events or 0,
        bytes_per_event=room / (events or 1),
        recorded=recorded,
        answered=answered,
    )


def _ask(url: str, database: Database, rounds: int) -> Sequence[Answered]:
    with (
        tempfile.TemporaryDirectory(prefix="bench") as data_dir,
        # Its log is written, and read by nobody.
        Path(os.devnull).open("w") as log_lines,
        redirect_stderr(log_lines),
    ):
        app = composition.create_app(
            Settings(database_url=url, data_dir=Path(data_dir), anonymous=("all",))
        )
        try:
            return list(ask_all(app.test_client(), database, rounds=rounds))
        finally:
            composition.close(app)
            get_services(app).metrics.close()


def _show(console: Console, machine: str, measured: Sequence[_Measured]) -> None:
    if not console.is_terminal:
        console.width = max(console.width, 160)
    frame = box.SIMPLE_HEAD if console.is_terminal else box.MARKDOWN
    console.print(machine, highlight=False)
    for title, table in (
        ("Recording and room", _costs(measured, frame)),
        (
            "Answers: p50 / p99 in ms, for the first page of 100",
            _answers(measured, frame),
        ),
    ):
        console.print(f"\n{title}", style="bold")
        console.print(table)


def _costs(measured: Iterable[_Measured], frame: box.Box) -> Table:
    table = Table(box=frame, pad_edge=frame is box.MARKDOWN)
    for heading in ("database", "events", "bytes an event"):
        table.add_column(heading, justify="right")
    for batch in BATCHES:
        table.add_column(f"events/s in transactions of {batch}", justify="right")
    for one in measured:
        table.add_row(
            one.kind,
            f"{one.events:,}",
            f"{one.bytes_per_event:,.0f}",
            *(f"{recorded.per_s:,.0f}" for recorded in one.recorded),
        )
    return table


def _answers(measured: Sequence[_Measured], frame: box.Box) -> Table:
    table = Table(box=frame, pad_edge=frame is box.MARKDOWN)
    table.add_column("question")
    for one in measured:
        table.add_column(f"{one.kind} {one.events:,}", justify="right")
        table.add_column("items", justify="right")
    for number, first in enumerate(measured[0].answered):
        cells = []
        for one in measured:
            answered = one.answered[number]
            cells += [
                f"{answered.p50_ms:.1f} / {answered.p99_ms:.1f}",
                f"{answered.items:.0f}",
            ]
        table.add_row(first.question, *cells)
    return table


if __name__ == "__main__":
    main()
