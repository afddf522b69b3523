"""The repositories commands: how often each is pulled from, and when."""

from datetime import UTC, datetime
from typing import Any

import click

from notifier.audit.cursor import parse_names, render_names
from notifier.audit.timelines.repositories import get_used, list_used
from notifier.audit.timelines.tables import ALL_MANIFESTS
from notifier.audit.timelines.usage import list_days
from notifier.cli.options import json_option
from notifier.cli.output import print_fields, print_json, print_table
from notifier.cli.place import open_place
from notifier.cli.usage import (
    DAY_HEADINGS,
    USAGE_HEADINGS,
    all_of,
    count,
    day_cells,
    days_option,
    selection_options,
    take_selection,
    usage_cells,
)
from notifier.web.api.schemas.repositories import RepositorySchema
from notifier.web.api.schemas.usage import DaySchema

_LISTING = "repositories"


@click.group("repositories")
def command() -> None:
    """See how often repositories are pulled from, and when."""


@command.command("list")
@selection_options
@json_option
def list_repositories(
    *, limit: int, cursor: str | None, as_json: bool, **options: Any
) -> None:
    """List the repositories that the log knows, by their names, and their usage.

    \b
    Examples:
      notifier repositories list --repository 'team/**'
      notifier repositories list --unpulled-for 90d
    """
    after = None if cursor is None else parse_names(_LISTING, cursor)[0]
    with open_place() as place:
        selection = take_selection(place, options)
        with place.database.read() as connection:
            found, next_ = all_of(
                limit,
                after,
                lambda wanted, after: list_used(
                    connection, selection, limit=wanted, after=after or ""
                ),
            )
    if as_json:
        items = RepositorySchema(many=True).dump(found)
        next_cursor = next_ and render_names(_LISTING, [next_])
        print_json({"items": items, "next": next_cursor})
        return
    print_table(
        ["repository", *USAGE_HEADINGS],
        [[item.name, *usage_cells(item.usage)] for item in found],
    )


@command.command()
@click.argument("repository")
@days_option
@json_option
def show(repository: str, *, days: int, as_json: bool) -> None:
    """Show how often REPOSITORY is pulled from, by the day and by clients."""
    today = datetime.now(UTC).date()
    with open_place() as place:
        count(place)
        with place.database.read() as connection:
            found = get_used(connection, place.recorder, repository)
            pulls = list_days(connection, ALL_MANIFESTS, [found.number], today, days)
    if as_json:
        rendered = DaySchema(many=True).dump(pulls)
        print_json(RepositorySchema().dump(found) | {"days": rendered})
        return
    print_fields(
        {"repository": found.name}
        | dict(zip(USAGE_HEADINGS, usage_cells(found.usage), strict=True))
    )
    if pulls:
        click.echo()
        print_table(DAY_HEADINGS, map(day_cells, pulls))
