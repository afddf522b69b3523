"""The sources commands: where other registries send their notifications."""

from typing import Any
from uuid import UUID

import click
import sqlalchemy as sa

from notifier.cli.options import choice, json_option, limit_option
from notifier.cli.output import moment, print_fields, print_json, print_table
from notifier.cli.pages import all_pages
from notifier.cli.place import open_place
from notifier.events.event import Action
from notifier.ingest import rejects as aside
from notifier.ingest import sources
from notifier.ingest.errors import SourceUnknown
from notifier.ingest.source import IngestSource, SourceKind
from notifier.web.api.schemas.sources import RejectSchema, SourceSchema

_HEADINGS = ("id", "name", "kind", "prefixes", "enabled", "made")

_kind_option = click.option(
    "--kind",
    type=choice(SourceKind),
    help="What sends to it; if not given, each body tells by itself what it is.",
)
_prefix_option = click.option(
    "--prefix",
    "prefixes",
    multiple=True,
    metavar="HOST=PREFIX",
    help="Call the repositories of HOST, a glob, PREFIX/… here; may be given several "
    "times, and the first that matches counts.",
)


@click.group("sources")
def command() -> None:
    """Manage sources: where other registries send their notifications.

    SOURCE is a name or an id.
    """


@command.command()
@click.argument("name")
@_kind_option
@_prefix_option
@json_option
def add(
    name: str, *, kind: str | None, prefixes: tuple[str, ...], as_json: bool
) -> None:
    """Add a source: a registry sends to /api/v1/ingest/NAME.

    Prints the token that it has to show. It is shown this once.

    \b
    Examples:
      notifier sources add registry-2
      notifier sources add harbor --kind harbor --prefix 'harbor.example.com=harbor'
    """
    with open_place() as place, place.database.transaction() as transaction:
        source, token = sources.create(
            transaction,
            name=name,
            kind=kind or SourceKind.AUTO,
            prefixes=_parse_prefixes(prefixes),
        )
        place.record(transaction, Action.SOURCE_CREATE, source=source.named())
    _print_with_token(source, token, as_json=as_json)


@command.command("list")
@json_option
def list_all(*, as_json: bool) -> None:
    """List all sources, the newest first."""
    with open_place() as place, place.database.read() as connection:
        found = all_pages(
            lambda limit, before: sources.list_sources(
                connection, limit=limit, before=before
            )
        )
    if as_json:
        print_json({"items": SourceSchema(many=True).dump(found), "next": None})
        return
    print_table(_HEADINGS, [_cells(source) for source in found])


@command.command()
@click.argument("source")
@json_option
def show(source: str, *, as_json: bool) -> None:
    """Show a source."""
    with open_place() as place, place.database.read() as connection:
        found = _find(connection, source)
    _print(found, as_json=as_json)


@command.command()
@click.argument("source")
@click.option("--name", help="Call it so: its URL is another one then.")
@_kind_option
@_prefix_option
@click.option("--no-prefixes", is_flag=True, help="Leave all names as they are.")
@click.option("--enable/--disable", "enabled", default=None, help="Take what comes.")
@json_option
def update(
    source: str,
    *,
    as_json: bool,
    prefixes: tuple[str, ...],
    no_prefixes: bool,
    **options: Any,
) -> None:
    """Change a source; what is not given stays as it is.

    Prefixes are replaced as a whole. Events that are in the log stay as they are.
    """
    changes = {name: value for name, value in options.items() if value is not None}
    if prefixes or no_prefixes:
        changes["prefixes"] = _parse_prefixes(prefixes)
    if not changes:
        raise click.UsageError("say what to change: see --help")
    with open_place() as place, place.database.transaction() as transaction:
        found = _find(transaction.connection, source)
        changed = sources.update(transaction, found.id, **changes)
        place.record(
            transaction,
            Action.SOURCE_UPDATE,
            source=changed.named(),
            fields=sorted(changes),
        )
    _print(changed, as_json=as_json)


@command.command("rotate-token")
@click.argument("source")
@json_option
def rotate_token(source: str, *, as_json: bool) -> None:
    """Give a source another token; the one before is good for nothing any more."""
    with open_place() as place, place.database.transaction() as transaction:
        found = _find(transaction.connection, source)
        rotated, token = sources.rotate(transaction, found.id)
        place.record(transaction, Action.SOURCE_ROTATE, source=rotated.named())
    _print_with_token(rotated, token, as_json=as_json)


@command.command()
@click.argument("source")
def remove(source: str) -> None:
    """Remove a source, and what was kept aside of it. Its events stay in the log."""
    with open_place() as place, place.database.transaction() as transaction:
        found = _find(transaction.connection, source)
        sources.remove(transaction, found.id)
        place.record(transaction, Action.SOURCE_REMOVE, source=found.named())
    click.echo(f"removed {found.name}")


@command.command()
@click.argument("source")
@limit_option
@json_option
def rejects(source: str, *, limit: int, as_json: bool) -> None:
    """List what a source was sent and could not be read, and why, newest first."""
    with open_place() as place, place.database.read() as connection:
        found = aside.list_rejects(
            connection, _find(connection, source).id, limit=limit
        )
    if as_json:
        print_json({"items": RejectSchema(many=True).dump(found), "next": None})
        return
    print_table(
        ("time", "reason", "bytes", "content"),
        [
            (moment(each.received_at), each.reason, str(each.size), each.content[:200])
            for each in found
        ],
    )


def _find(connection: sa.Connection, name_or_id: str) -> IngestSource:
    if found := sources.find_by_name(connection, name_or_id):
        return found
    try:
        id_ = UUID(name_or_id)
    except ValueError:
        raise SourceUnknown from None
    return sources.get(connection, id_)


def _parse_prefixes(given: tuple[str, ...]) -> dict[str, str]:
    parsed = {}
    for text in given:
        host, equals, prefix = text.partition("=")
        if not equals:
            raise click.UsageError("a prefix is written HOST=PREFIX")
        parsed[host] = prefix
    return parsed


def _print(source: IngestSource, *, as_json: bool) -> None:
    if as_json:
        print_json(SourceSchema().dump(source))
        return
    print_fields(dict(zip(_HEADINGS, _cells(source), strict=True)))


def _print_with_token(source: IngestSource, token: str, *, as_json: bool) -> None:
    if as_json:
        print_json(SourceSchema().dump(source) | {"token": token})
        return
    fields = dict(zip(_HEADINGS, _cells(source), strict=True))
    print_fields(fields | {"token": token})
    click.echo("Keep the token: it is not shown again.", err=True)


def _cells(source: IngestSource) -> tuple[str, ...]:
    return (
        str(source.id),
        source.name,
        source.kind,
        ", ".join(f"{host}={prefix}" for host, prefix in source.prefixes.items()),
        "yes" if source.enabled else "no",
        moment(source.created_at),
    )
