"""``python -m benchmarks.export``: the whole of a log, by the command and by HTTP.

How fast that is, and how much memory the process that writes it has used at most.
"""

import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import click
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.logs import KINDS, log
from benchmarks.machine import describe_machine
from benchmarks.place import Place
from benchmarks.processes import Program, is_registry
from notifier.audit.export import FORMATS

_BLOCK: Final = 1 << 16
_MB: Final = 1 << 20
_LOOK_EVERY_S: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One export, and what it took."""

    database: str
    way: str
    format: str
    lines: int
    megabytes: float
    seconds: float
    peak_mb: float


@click.command()
@click.option(
    "--events",
    default=1_000_000,
    show_default=True,
    type=click.IntRange(min=1000),
    help="How many the log has.",
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
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the logs in this folder, and use those that are there.",
)
def main(*, events: int, kinds: tuple[str, ...], keep: Path | None) -> None:
    """Measure exports. A million events take a minute to be made."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    progress, console = Console(stderr=True), Console()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        folder = keep or scratch / "logs"
        # PostgreSQL runs as another user, if this one is root.
        for each in (scratch, folder):
            each.mkdir(exist_ok=True)
            each.chmod(0o755)
        exported: list[Exported] = []
        for kind in kinds:
            with log(folder.resolve(), kind, events, progress) as url:
                exported += _export_all(kind, url, scratch)
        console.print(describe_machine(scratch).render(), highlight=False)
    _show(console, exported)


def _export_all(kind: str, url: str, scratch: Path) -> Iterator[Exported]:
    place = Place(scratch / kind, {"NOTIFIER_DATABASE_URL": url})
    for format_ in FORMATS:
        yield _by_command(kind, place, format_)
    for format_ in FORMATS:
        with place.running("web") as web:
            web.wait_until(partial(is_registry, place.host))
            yield _by_http(kind, place, format_, web)


def _by_command(kind: str, place: Place, format_: str) -> Exported:
    path = place.folder / "export"
    command = ("events", "export", "--format", format_, "-o", str(path))
    began, peak_mb = time.monotonic(), 0.0
    with place.running(*command) as program:
        while (status := program.process.poll()) is None:
            peak_mb = max(peak_mb, program.peak_mb())
            time.sleep(_LOOK_EVERY_S)
    seconds = time.monotonic() - began
    if status:
        raise click.ClickException("the export has failed")
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(partial(file.read, _MB), b""))
    size = path.stat().st_size
    path.unlink()
    return Exported(
        database=kind,
        way="command",
        format=format_,
        lines=lines,
        megabytes=size / _MB,
        seconds=seconds,
        peak_mb=peak_mb,
    )


def _by_http(kind: str, place: Place, format_: str, web: Program) -> Exported:
    connection = HTTPConnection(place.host)
    began = time.monotonic()
    connection.request("GET", f"/api/v1/events/export?format={format_}")
    answer = connection.getresponse()
    lines = size = 0
    while block := answer.read1(_BLOCK):
        lines, size = lines + block.count(b"\n"), size + len(block)
    seconds = time.monotonic() - began
    connection.close()
    return Exported(
        database=kind,
        way="HTTP",
        format=format_,
        lines=lines,
        megabytes=size / _MB,
        seconds=seconds,
        peak_mb=web.peak_mb(),
    )


def _show(console: Console, exported: list[Exported]) -> None:
    frame = box.SIMPLE_HEAD if console.is_terminal else box.MARKDOWN
    table = Table(box=frame, pad_edge=frame is box.MARKDOWN)
    for heading in ("database", "by", "format"):
        table.add_column(heading)
    for heading in ("lines", "MB", "seconds", "lines/s", "memory, MB"):
        table.add_column(heading, justify="right")
    for one in exported:
        table.add_row(
            *(one.database, one.way, one.format),
            f"{one.lines:,}",
            f"{one.megabytes:,.0f}",
            f"{one.seconds:.1f}",
            f"{one.lines / one.seconds:,.0f}",
            f"{one.peak_mb:.0f}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
