"""The commands about archives: events that have left the log, and can come back."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import click

from notifier.audit.retention import archives as store
from notifier.audit.retention.archive import Archive
from notifier.audit.retention.errors import ArchiveDamaged
from notifier.audit.retention.files import Files, names_of
from notifier.audit.retention.rulebook import find_writing
from notifier.cli.moments import MOMENT, instant
from notifier.cli.options import json_option
from notifier.cli.output import moment, print_fields, print_json, print_table
from notifier.cli.place import Place, open_place
from notifier.cli.retaining import open_archives
from notifier.web.api.schemas.archives import ArchiveSchema

_HEADINGS = ["from", "to", "events", "size", "state", "id"]

_time_options = (
    click.option(
        "--since",
        type=MOMENT,
        help="Those that may have events of 2026-05-01T15:28:51Z or later, or 24h ago "
        "or later: 24h.",
    ),
    click.option("--until", type=MOMENT, help="Those from before that time."),
)


def time_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say of which time archives are."""
    for option in reversed(_time_options):
        function = option(function)
    return function


@click.group("archives")
def command() -> None:
    """See the archives: files of events that have left the log.

    `notifier retention` says which do, `notifier events restore` brings them back.
    """


@command.command("list")
@time_options
@json_option
def list_all(*, since: int | None, until: int | None, as_json: bool) -> None:
    """List archives, the newest first."""
    with open_place() as place:
        found = find_archives(place, since, until)
    if as_json:
        print_json({"items": ArchiveSchema(many=True).dump(found), "next": None})
    else:
        print_table(_HEADINGS, map(_cells, found))


@command.command()
@click.argument("archive", type=click.UUID)
@json_option
def show(archive: UUID, *, as_json: bool) -> None:
    """Show an archive."""
    with open_place() as place, place.database.read() as connection:
        found = store.get_archive(connection, archive)
    if as_json:
        print_json(ArchiveSchema().dump(found))
    else:
        print_fields(_fields(found))


@command.command()
def check() -> None:
    """Read all archives, and see whether each is as it was written.

    Each that is not is a line, and so is each file that belongs to none. The status is
    1 then.
    """
    with open_place() as place:
        files = Files(open_archives(place))
        # In this order: what is written meanwhile is no stray.
        names = files.list()
        with place.database.read() as connection:
            writing = find_writing(connection)
        found = find_archives(place)
        problems = [*_damages(files, found), *_strays(names, found, writing)]
    for problem in problems:
        click.echo(problem)
    click.echo(f"{len(found)} archives were read", err=True)
    if problems:
        raise click.exceptions.Exit(1)


def find_archives(
    place: Place, since: int | None = None, until: int | None = None
) -> Sequence[Archive]:
    """Return the archives of a time, or all."""
    with place.database.read() as connection:
        return store.list_archives(
            connection,
            since=None if since is None else instant(since),
            until=None if until is None else instant(until),
        )


def _damages(files: Files, found: Iterable[Archive]) -> Iterator[str]:
    for archive in found:
        try:
            files.check(archive)
        except ArchiveDamaged as error:
            yield str(error)


def _strays(
    names: set[str], found: Iterable[Archive], writing: UUID | None
) -> Iterator[str]:
    known = {name for archive in found for name in names_of(archive.id)}
    if writing is not None:
        known |= names_of(writing)
    return (f"the file {name} belongs to no archive" for name in sorted(names - known))


def _cells(archive: Archive) -> list[str]:
    return [
        moment(archive.since),
        moment(archive.until),
        f"{archive.events:,}",
        f"{archive.size:,}",
        archive.state,
        str(archive.id),
    ]


def _fields(archive: Archive) -> dict[str, str]:
    counts = (f"{count:,} {action}" for action, count in archive.counts.items())
    return {
        "id": str(archive.id),
        "state": archive.state,
        "from": moment(archive.since),
        "to": moment(archive.until),
        "events": f"{archive.events:,}: {', '.join(counts)}",
        "size": f"{archive.size:,} bytes",
        "sha256": archive.sha256.hex(),
        "made": moment(archive.created_at),
        "error": archive.error or "",
    }
