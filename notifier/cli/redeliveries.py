"""The redeliveries commands: many deliveries, made once more in the background."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import click

from notifier.cli.moments import MOMENT, instant
from notifier.cli.options import choice, cursor_option, json_option, limit_option
from notifier.cli.repairs import (
    RepairPrinter,
    manner_options,
)
from notifier.cli.wishes import narrowing_options, take_lists
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.repair.repairs import RepairKind
from notifier.delivery.repair.selection import DeliverySelection, narrowing
from notifier.web.api.schemas.repairs import RedeliverySchema

_LISTING = "redeliveries"
_OPTIONS = (
    click.option("--endpoint", help="To this endpoint: its name or id."),
    click.option(
        "--state",
        "states",
        multiple=True,
        type=choice(DeliveryState),
        help="In any of these states. [default: failed]",
    ),
    click.option(
        "--since",
        type=MOMENT,
        help="Made at 2026-05-01T15:28:51Z or later, or 2h ago or later: 2h.",
    ),
    click.option("--until", type=MOMENT, help="Made before that time."),
    narrowing_options,
    manner_options,
)

printer = RepairPrinter(
    RepairKind.REDELIVERY, _LISTING, RedeliverySchema(), "deliveries"
)


def redelivery_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which deliveries are meant, and how it is done."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def redeliver_many(options: dict[str, Any]) -> None:
    """Ask for a redelivery by the options above, of which some selects."""
    lists = take_lists(options)
    endpoint, states = options.pop("endpoint"), options.pop("states")
    since, until = options.pop("since"), options.pop("until")
    if not (lists or endpoint or states or since or until):
        raise click.UsageError("say which delivery, or which: see --help")
    selection = DeliverySelection(
        states=tuple(map(DeliveryState, states)) or (DeliveryState.FAILED,),
        since=None if since is None else instant(since),
        until=None if until is None else instant(until),
        filters=narrowing(lists) if lists else None,
    )
    printer.ask(selection, endpoint, **options)


@click.group("redeliveries")
def command() -> None:
    """See how redeliveries of many go on, and cancel them.

    `notifier deliveries redeliver` and `notifier endpoints recover` ask for them.
    """


@command.command("list")
@click.option("--endpoint", help="To this endpoint: its name or id.")
@limit_option
@cursor_option(_LISTING)
@json_option
def list_all(**options: Any) -> None:
    """List redeliveries of many, the newest first."""
    printer.print_list(**options)


@command.command()
@click.argument("redelivery", type=click.UUID)
@json_option
def show(redelivery: UUID, *, as_json: bool) -> None:
    """Show a redelivery, and how far it has come."""
    printer.print_one(redelivery, as_json=as_json)


@command.command()
@click.argument("redelivery", type=click.UUID)
@json_option
def cancel(redelivery: UUID, *, as_json: bool) -> None:
    """Cancel a redelivery. What is due by now is still sent."""
    printer.cancel(redelivery, as_json=as_json)
