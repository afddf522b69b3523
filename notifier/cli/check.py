"""The check command: reads everything that is kept, and says what is wrong."""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from notifier.cli.options import json_option
from notifier.cli.output import print_json_line, visible
from notifier.cli.place import open_place
from notifier.config import ConfigError, References
from notifier.storage import open_storage
from notifier.upkeep.inspection import Finding, Inspection, Step

_MB: Final = 1_000_000


@click.command("check")
@click.option("--repair", is_flag=True, help="Mend what can be mended.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0.1),
    metavar="MB",
    help="Read no more than so many megabytes a second. [default: as fast as it goes]",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on where a check was interrupted that read blobs.",
)
@json_option
def command(*, repair: bool, rate: float | None, resume: bool, as_json: bool) -> None:
    """Read every blob, manifest and pending delivery, and say what is wrong.

    The registry may run meanwhile. The status is 1 if anything is wrong and was not
    mended. --repair takes lost and damaged blobs away from their repositories, so that
    whoever pushes them again does push them; damaged ones are kept aside in the
    storage's folder `damaged`.

    \b
    Examples:
      notifier check
      notifier check --rate 50 --resume
      notifier check --repair
    """
    with open_place() as place:
        if place.settings.storage.startswith("memory:"):
            raise ConfigError("what another process has in memory cannot be checked")
        inspection = Inspection(
            database=place.database,
            storage=open_storage(place.settings.storage),
            announcer=place.announcer,
            origin=place.origin,
            sparse=place.settings.manifest_references is References.SPARSE,
            repair=repair,
        )
        cursor = place.settings.data_dir / "check.cursor"
        unmended = 0
        for finding in _findings(inspection, cursor, rate, resume=resume):
            unmended += not finding.mended
            _print(finding, as_json=as_json)
        cursor.unlink(missing_ok=True)
    if unmended:
        raise click.exceptions.Exit(1)
    if not as_json:
        click.echo("all is as it should be", err=True)


def _findings(
    inspection: Inspection, cursor: Path, rate: float | None, *, resume: bool
) -> Iterator[Finding]:
    after = _read_cursor(cursor) if resume else 0
    steps = _paced(inspection.blobs(after), rate)
    console = Console(stderr=True)
    with Progress(
        TextColumn("blobs"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("blobs", total=inspection.count_bytes(after))
        for step in steps:
            progress.advance(task, step.bytes)
            if step.finding is not None:
                yield step.finding
            cursor.write_text(str(step.blob_id))
    yield from inspection.manifests()
    yield from inspection.outbox()


def _paced(steps: Iterable[Step], rate: float | None) -> Iterator[Step]:
    begun, done = time.monotonic(), 0
    for step in steps:
        yield step
        if rate is not None:
            done += step.bytes
            ahead_s = done / (rate * _MB) - (time.monotonic() - begun)
            time.sleep(max(ahead_s, 0))


def _read_cursor(cursor: Path) -> int:
    with suppress(FileNotFoundError, ValueError):
        return int(cursor.read_text())
    return 0


def _print(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        print_json_line(asdict(finding))
        return
    mended = " (mended)" if finding.mended else ""
    click.echo(
        visible(f"{finding.problem}  {finding.subject}: {finding.detail}{mended}")
    )
