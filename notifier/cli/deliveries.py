"""The deliveries commands: what was sent where, and how that went."""

from typing import Any
from uuid import UUID

import click

from notifier.audit.cursor import render_cursor
from notifier.cli.attempts import print_attempt, print_exchange
from notifier.cli.options import choice, cursor_option, json_option, limit_option
from notifier.cli.output import moment, print_fields, print_json, print_table
from notifier.cli.place import open_place
from notifier.cli.redeliveries import redeliver_many, redelivery_options
from notifier.delivery.attempts import get_attempt, list_attempts
from notifier.delivery.deliveries import (
    Delivery,
    DeliveryState,
    get_delivery,
    list_deliveries,
)
from notifier.delivery.deliveries import redeliver as make_due
from notifier.delivery.nudger import Nudger
from notifier.delivery.requests import find_request
from notifier.events.event import Action
from notifier.web.api.schemas.attempts import AttemptSchema, dump_attempt
from notifier.web.api.schemas.deliveries import DeliverySchema

DELIVERY_HEADINGS = ["time", "endpoint", "state", "attempts", "next", "event", "id"]

_LISTING = "deliveries"


@click.group("deliveries")
def command() -> None:
    """See what was sent to endpoints, and send it again.

    A delivery is one event for one endpoint.
    """


@command.command("list")
@click.option("--endpoint", help="To this endpoint: its name or id.")
@click.option("--event", type=click.UUID, help="Of this event.")
@click.option("--state", type=choice(DeliveryState), help="In this state only.")
@limit_option
@cursor_option(_LISTING)
@json_option
def list_all(
    *,
    endpoint: str | None,
    event: UUID | None,
    state: str | None,
    limit: int,
    before: UUID | None,
    as_json: bool,
) -> None:
    """List deliveries, the newest first.

    \b
    Examples:
      notifier deliveries list --state failed
      notifier deliveries list --endpoint ci --json
    """
    with open_place() as place, place.database.read() as connection:
        found = list_deliveries(
            connection,
            endpoint=place.find_endpoint(connection, endpoint).id if endpoint else None,
            event=event,
            state=DeliveryState(state) if state else None,
            before=before,
            limit=limit + 1,
        )
    items, more = found[:limit], len(found) > limit
    if as_json:
        next_cursor = render_cursor(_LISTING, items[-1].id) if more else None
        rendered = DeliverySchema(many=True).dump(items)
        print_json({"items": rendered, "next": next_cursor})
        return
    print_table(DELIVERY_HEADINGS, map(delivery_cells, items))


@command.command()
@click.argument("delivery", type=click.UUID)
@click.option(
    "--attempt",
    "number",
    type=click.IntRange(1, 32767),
    help="Show this attempt alone, and what it has sent.",
)
@json_option
def show(delivery: UUID, number: int | None, *, as_json: bool) -> None:
    """Show a delivery, and every attempt at it.

    \b
    Examples:
      notifier deliveries show 0196db4e-7025-7001-8025-9f3a5c000025
      notifier deliveries show 0196db4e-7025-7001-8025-9f3a5c000025 --attempt 1
    """
    if number is not None:
        _show_attempt(delivery, number, as_json=as_json)
        return
    with open_place() as place, place.database.read() as connection:
        found = get_delivery(connection, delivery)
        attempts = list_attempts(connection, delivery)
    if as_json:
        rendered = AttemptSchema(many=True).dump(attempts)
        print_json(DeliverySchema().dump(found) | {"attempts": rendered})
        return
    print_fields(dict(zip(DELIVERY_HEADINGS, delivery_cells(found), strict=True)))
    for attempt in attempts:
        click.echo()
        print_attempt(attempt)


@command.command()
@click.argument("delivery", type=click.UUID, required=False)
@redelivery_options
def redeliver(delivery: UUID | None, **options: Any) -> None:
    """Send a delivery once more, whatever came of it before; or many.

    Many are named by what they have in common: all that is given has to be so. A
    running worker sends them, the oldest first.

    \b
    Examples:
      notifier deliveries redeliver 0196db4e-7025-7001-8025-9f3a5c000025
      notifier deliveries redeliver --state failed --since 1h --repository 'team/**'
      notifier deliveries redeliver --endpoint ci --since 2d --dry-run
    """
    if delivery is None:
        redeliver_many(options)
        return
    as_json = options.pop("as_json")
    if any(options.values()):
        raise click.UsageError("name a delivery, or say what many have in common")
    _redeliver_one(delivery, as_json=as_json)


def delivery_cells(delivery: Delivery) -> list[str]:
    """Return what stands below `DELIVERY_HEADINGS`."""
    return [
        moment(delivery.created_at),
        delivery.endpoint_name,
        delivery.state,
        str(delivery.attempts),
        moment(delivery.due_at),
        str(delivery.event_id),
        str(delivery.id),
    ]


def _show_attempt(delivery: UUID, number: int, *, as_json: bool) -> None:
    with open_place() as place, place.database.read() as connection:
        found = get_delivery(connection, delivery)
        attempt = get_attempt(connection, delivery, number)
        request = find_request(connection, place.recorder, found, number)
    if as_json:
        print_json(dump_attempt(attempt, request))
    else:
        print_exchange(attempt, request)


def _redeliver_one(delivery: UUID, *, as_json: bool) -> None:
    with open_place() as place, place.database.transaction() as transaction:
        # The sweep finds it in the database: no Redis is needed here.
        found = make_due(transaction, delivery, Nudger(None))
        place.record(
            transaction,
            Action.DELIVERY_REDELIVER,
            endpoint={"id": str(found.endpoint_id), "name": found.endpoint_name},
            delivery={"id": str(found.id), "event": str(found.event_id)},
        )
    if as_json:
        print_json(DeliverySchema().dump(found))
    else:
        click.echo(f"{found.endpoint_name} will get it again")
