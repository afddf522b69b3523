"""The ping command: tries an endpoint out."""

import click

from notifier.cli.options import json_option
from notifier.cli.output import print_json
from notifier.cli.place import open_place
from notifier.delivery.deliveries import get_delivery
from notifier.delivery.pings import ping
from notifier.web.api.schemas.deliveries import DeliverySchema


@click.command("ping")
@click.argument("endpoint")
@json_option
def command(endpoint: str, *, as_json: bool) -> None:
    """Send a test event to an endpoint, whatever it wants.

    A running worker sends it within a second; `notifier deliveries show` tells how it
    went.
    """
    with open_place() as place, place.database.transaction() as transaction:
        connection = transaction.connection
        delivery_id = ping(
            transaction,
            place.recorder,
            place.outbox,
            place.find_endpoint(connection, endpoint),
            place.origin,
        )
        delivery = get_delivery(connection, delivery_id)
    if as_json:
        print_json(DeliverySchema().dump(delivery))
        return
    click.echo(f"sent as delivery {delivery_id}")
