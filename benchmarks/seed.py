"""``python -m benchmarks.seed``: fill a log with a past, to measure it or to look at.

The rows are those that recording makes; only the way into the table is shorter.
"""

import time

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from benchmarks.bulk import load
from benchmarks.past import Past
from notifier.cli import schema
from notifier.db import Database


@click.command()
@click.option(
    "--events",
    default=100_000,
    show_default=True,
    type=click.IntRange(min=1),
    help="How many.",
)
@click.option(
    "--database",
    "url",
    required=True,
    help="Where: sqlite:///FILE or postgresql+psycopg://… Tables are made.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    help="Another number makes another past.",
)
def main(*, events: int, url: str, seed: int) -> None:
    """Fill the log of a database with so many events of two years until now."""
    schema.upgrade(url)
    database = Database(url)
    began = time.monotonic()
    seed_log(database, events, seed=seed, progress=Console(stderr=True))
    seconds = time.monotonic() - began
    database.close()
    click.echo(f"{events:,} events in {seconds:,.0f} s: {events / seconds:,.0f}/s")


def seed_log(database: Database, events: int, *, seed: int, progress: Console) -> None:
    """Fill the log; show how far it is, if *progress* is a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=progress, disable=not progress.is_terminal
    ) as shown:
        task = shown.add_task("events", total=events)
        for more in load(database, Past(events, seed)):
            shown.advance(task, more)


if __name__ == "__main__":
    main()
