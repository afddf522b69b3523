"""The replays commands: history, sent to an endpoint in the background."""

from typing import Any
from uuid import UUID

import click

from notifier.cli.moments import MOMENT, instant
from notifier.cli.options import cursor_option, json_option, limit_option
from notifier.cli.repairs import RepairPrinter, manner_options
from notifier.cli.wishes import narrowing_options, take_lists
from notifier.delivery.repair.repairs import RepairKind
from notifier.delivery.repair.selection import EventSelection, narrowing
from notifier.web.api.schemas.repairs import ReplaySchema

_LISTING = "replays"

printer = RepairPrinter(RepairKind.REPLAY, _LISTING, ReplaySchema(), "events")


@click.group("replays")
def command() -> None:
    """See how replays go on, and cancel them.

    `notifier endpoints replay` asks for one.
    """


@command.command("list")
@click.option("--endpoint", help="To this endpoint: its name or id.")
@limit_option
@cursor_option(_LISTING)
@json_option
def list_all(**options: Any) -> None:
    """List replays, the newest first."""
    printer.print_list(**options)


@command.command()
@click.argument("replay", type=click.UUID)
@json_option
def show(replay: UUID, *, as_json: bool) -> None:
    """Show a replay, and how far it has come."""
    printer.print_one(replay, as_json=as_json)


@command.command()
@click.argument("replay", type=click.UUID)
@json_option
def cancel(replay: UUID, *, as_json: bool) -> None:
    """Cancel a replay. What is due by now is still sent."""
    printer.cancel(replay, as_json=as_json)


@click.command("replay")
@click.argument("endpoint")
@click.option(
    "--since",
    type=MOMENT,
    help="Recorded at 2026-05-01T15:28:51Z or later, or 24h ago or later: 24h.",
)
@click.option("--until", type=MOMENT, help="Recorded before that time.")
@narrowing_options
@click.option(
    "--include-unwanted", is_flag=True, help="Also what the endpoint does not want."
)
@click.option(
    "--latest-push-per-tag",
    is_flag=True,
    help="Only the latest push of each tag that is there now.",
)
@manner_options
def replay(
    endpoint: str,
    *,
    since: int | None,
    until: int | None,
    include_unwanted: bool,
    latest_push_per_tag: bool,
    **options: Any,
) -> None:
    """Send events of the log to an endpoint, as if they happened now.

    Without more, what the endpoint wants of them; options narrow that. A running worker
    sends them, the oldest first and each once, under the ids that they always have.

    \b
    Examples:
      notifier endpoints replay ci --since 24h --dry-run
      notifier endpoints replay ci --since 24h --action push --rate 20 --wait
      notifier endpoints replay mirror --latest-push-per-tag --repository 'prod/**'
    """
    if since is None and not latest_push_per_tag:
        raise click.UsageError("say --since when, or --latest-push-per-tag")
    lists = take_lists(options)
    selection = EventSelection(
        since=None if since is None else instant(since),
        until=None if until is None else instant(until),
        filters=narrowing(lists) if lists else None,
        include_unwanted=include_unwanted,
        latest_push_per_tag=latest_push_per_tag,
    )
    printer.ask(selection, endpoint, **options)
