"""The command that tries filters out, before an endpoint has them."""

from typing import Any

import click

from notifier.audit.preview import DEFAULT_LAST, MAX_LAST, Preview, preview
from notifier.cli.event_output import EVENT_HEADINGS, event_cells
from notifier.cli.options import json_option
from notifier.cli.output import moment, print_json, print_table
from notifier.cli.place import open_place
from notifier.cli.wishes import take_filters, wish_options
from notifier.delivery.filters import Filters
from notifier.web.api.schemas.previews import PreviewSchema


@click.command("preview")
@wish_options
@click.option(
    "--last",
    type=click.IntRange(1, MAX_LAST),
    default=DEFAULT_LAST,
    show_default=True,
    help="How many events to look at, from the newest on.",
)
@json_option
def command(*, last: int, as_json: bool, **options: Any) -> None:
    """Try filters out on the newest events.

    Tells how many an endpoint with these filters would want; what it would not counts
    for the first rule that refuses it. Nothing is kept or sent.

    \b
    Examples:
      notifier endpoints preview --tag 'v*' --exclude-tag-change unchanged
      notifier endpoints preview --action '*' --repository 'team/**' --last 10000
    """
    filters = take_filters(options) or Filters()
    with open_place() as place, place.database.read() as connection:
        found = preview(connection, place.recorder, filters, last=last)
    if as_json:
        print_json(PreviewSchema().dump(found))
        return
    _print(found)


def _print(found: Preview) -> None:
    since = f" since {moment(found.since)}" if found.since else ""
    click.echo(f"{found.matched} of {found.examined} events{since} would be wanted")
    if found.samples:
        click.echo()
        print_table(EVENT_HEADINGS, [event_cells(e.event) for e in found.samples])
    if found.refused:
        click.echo()
        print_table(
            ["refused by", "events", "the newest because"],
            [[part.rule, str(part.count), part.text] for part in found.refused],
        )
