"""The command that recovers an endpoint."""

from typing import Unpack

import click

from notifier.cli.moments import MOMENT, instant
from notifier.cli.redeliveries import printer
from notifier.cli.repairs import Manner, manner_options
from notifier.delivery.repair.selection import DeliverySelection


@click.command("recover")
@click.argument("endpoint")
@click.option(
    "--since",
    type=MOMENT,
    required=True,
    help="When it broke down: 2026-05-01T15:28:51Z, or 2h ago: 2h.",
)
@manner_options
def recover(endpoint: str, *, since: int, **manner: Unpack[Manner]) -> None:
    """Send an endpoint what it has missed since it broke down.

    What has failed since then is sent once more, and what waits for a retry at once.

    \b
    Examples:
      notifier endpoints recover ci --since 2h
      notifier endpoints recover ci --since 2026-05-01T15:00Z --rate 50 --wait
    """
    selection = DeliverySelection.recovery(instant(since))
    printer.ask(selection, endpoint, **manner)
