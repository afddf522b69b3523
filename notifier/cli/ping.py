"""The ping command: tries an endpoint out."""

import socket
from uuid import uuid4

import click

from notifier import __version__
from notifier.cli.options import json_option
from notifier.cli.output import print_json
from notifier.cli.place import open_place
from notifier.config import Settings
from notifier.delivery.deliveries import get_delivery
from notifier.delivery.nudger import Nudger
from notifier.delivery.outbox import Outbox
from notifier.delivery.pings import ping
from notifier.events.event import RequestRecord, Source
from notifier.events.record import Recorder
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
        # The sweep finds the delivery in the database: no Redis is needed here.
        delivery_id = ping(
            transaction,
            Recorder(),
            Outbox(place.endpoints, Nudger(None)),
            place.find_endpoint(connection, endpoint),
            request=_request(),
            source=_source(place.settings),
        )
        delivery = get_delivery(connection, delivery_id)
    if as_json:
        print_json(DeliverySchema().dump(delivery))
        return
    click.echo(f"sent as delivery {delivery_id}")


def _request() -> RequestRecord:
    """Describe this command as the request that leads to a ping."""
    return RequestRecord(
        id=uuid4(),
        addr="",
        host=socket.gethostname(),
        method="",
        useragent=f"notifier/{__version__}",
    )


def _source(settings: Settings) -> Source:
    return Source(addr=f"{socket.gethostname()}:{settings.port}", instance_id=uuid4())
