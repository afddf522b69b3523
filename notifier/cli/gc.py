"""The gc command: removes what nothing refers to any more."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import click
from rich.console import Console

from notifier.cli.moments import SPAN
from notifier.cli.options import json_option
from notifier.cli.output import print_json
from notifier.cli.place import open_place
from notifier.config import ConfigError
from notifier.storage import open_storage
from notifier.upkeep.collection import LEAST_GRACE, Collected, Collection


@click.command("gc")
@click.option("--dry-run", is_flag=True, help="Only say how much it would be.")
@click.option(
    "--grace",
    type=SPAN,
    default="24h",
    show_default=True,
    help="Leave alone what a client was told of within that time; 2h at least.",
)
@json_option
def command(*, dry_run: bool, grace: int, as_json: bool) -> None:
    """Remove blobs that no manifest names, and upload sessions that stand still.

    The registry may run meanwhile. Each blob that goes from a repository is an event of
    the log, and so is the whole (`gc.run`). It may be interrupted, and run again.

    \b
    Examples:
      notifier gc --dry-run
      notifier gc --grace 48h
    """
    if timedelta(seconds=grace) < LEAST_GRACE:
        raise click.BadParameter("2h is the least", param_hint="--grace")
    now, console = datetime.now(UTC), Console(stderr=True)
    with open_place() as place:
        if place.settings.storage.startswith("memory:"):
            raise ConfigError("what is in memory is gone by itself: there is no gc")
        collection = Collection(
            database=place.database,
            storage=open_storage(place.settings.storage),
            announcer=place.announcer,
            origin=place.origin,
            cutoff=now - timedelta(seconds=grace),
            uploads_before=now - timedelta(hours=place.settings.upload_expiry_h),
            dry_run=dry_run,
        )
        with console.status("collecting") as status:
            collected = collection.run(lambda at: status.update(f"at {at}"))
    if as_json:
        print_json(asdict(collected) | {"dry_run": dry_run})
    else:
        click.echo(_sentence(collected, dry_run=dry_run))


def _sentence(collected: Collected, *, dry_run: bool) -> str:
    verb = "would be" if dry_run else "are"
    return (
        f"{collected.links} blobs {verb} gone from repositories, {collected.blobs} "
        f"with their files ({collected.bytes:,} bytes); {collected.uploads} upload "
        f"sessions {verb} gone"
    )
