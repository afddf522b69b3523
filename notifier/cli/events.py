"""The events commands: questions to the audit log."""

from typing import Any
from uuid import UUID

import click

from notifier.audit.answers import get_entry
from notifier.audit.cursor import render_cursor
from notifier.cli import archives, exporting, restoring, tailing, verdicts
from notifier.cli.deliveries import DELIVERY_HEADINGS, delivery_cells
from notifier.cli.event_output import EVENT_HEADINGS, entry_fields, event_cells
from notifier.cli.options import cursor_option, json_option, limit_option
from notifier.cli.output import print_fields, print_json, print_table
from notifier.cli.place import open_place
from notifier.cli.questions import (
    answer,
    order_option,
    question_options,
    take_question,
)
from notifier.delivery.deliveries import list_deliveries
from notifier.web.api.schemas.deliveries import DeliverySchema
from notifier.web.api.schemas.events import EntrySchema

_LISTING = "events"
_PAGE = 1000


@click.group("events")
def command() -> None:
    """Ask the audit log: who pushed, pulled, mounted or deleted what, and when."""


command.add_command(verdicts.command)
command.add_command(archives.command)
command.add_command(restoring.restore)
command.add_command(restoring.release)
command.add_command(exporting.export)
command.add_command(tailing.tail)


@command.command("list")
@question_options
@order_option
@limit_option
@cursor_option(_LISTING)
@json_option
def list_events(
    *, limit: int, before: UUID | None, as_json: bool, **options: Any
) -> None:
    """List events, the newest first.

    What narrows the answer may be given several times: any of the values will do. With
    an exclamation mark before it, a value is left out.

    \b
    Examples:
      notifier events list --repository 'team/**' --action push
      notifier events list --digest sha256:6c3c62… --json
      notifier events list --since 24h --actor alice --action '!pull'
      notifier events list --address 10.0.0.0/8 --order asc
    """
    with open_place() as place:
        entries, next_ = answer(place, take_question(options), limit, before)
    if as_json:
        next_cursor = render_cursor(_LISTING, next_) if next_ else None
        items = EntrySchema(many=True).dump(entries)
        print_json({"items": items, "next": next_cursor})
        return
    print_table(
        [*EVENT_HEADINGS, "id"],
        [[*event_cells(entry.event), str(entry.event.id)] for entry in entries],
    )


@command.command()
@click.argument("event", type=click.UUID)
@json_option
def show(event: UUID, *, as_json: bool) -> None:
    """Show an event, and where it was delivered."""
    with open_place() as place, place.database.read() as connection:
        entry = get_entry(connection, place.recorder, event)
        deliveries = list_deliveries(connection, event=event, limit=_PAGE)
    if as_json:
        rendered = DeliverySchema(many=True).dump(deliveries)
        print_json(EntrySchema().dump(entry) | {"deliveries": rendered})
        return
    print_fields(entry_fields(entry))
    if deliveries:
        click.echo()
        print_table(DELIVERY_HEADINGS, map(delivery_cells, deliveries))
