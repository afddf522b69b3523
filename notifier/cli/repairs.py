"""What the commands about redeliveries and replays have in common."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

import click
import sqlalchemy as sa
from marshmallow import Schema
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from notifier.audit.cursor import render_cursor
from notifier.cli.options import json_option
from notifier.cli.output import moment, print_fields, print_json, print_table
from notifier.cli.place import Place, open_place
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.repair.repairs import (
    CANCEL,
    CREATE,
    MAX_RATE,
    MIN_RATE,
    Repair,
    RepairKind,
    RepairState,
    cancel_repair,
    create_repair,
    get_repair,
    list_repairs,
)
from notifier.delivery.repair.selection import Selection
from notifier.delivery.repair.work import count
from notifier.delivery.repair.works import work_of
from notifier.web.api.schemas.repairs import CountSchema

_HEADINGS = ["asked for", "endpoint", "state", "done", "total", "id"]
_LOOK_EVERY_S = 0.25
_ACTIVE = {RepairState.COUNTING, RepairState.RUNNING}

_OPTIONS = (
    click.option(
        "--rate",
        type=click.FloatRange(MIN_RATE, MAX_RATE),
        help="So many deliveries a second. [default: as many as the endpoint takes]",
    ),
    click.option("--dry-run", is_flag=True, help="Only count how many they are."),
    click.option(
        "--wait", is_flag=True, help="Wait until a running worker has done it."
    ),
    json_option,
)


class Manner(TypedDict):
    """How a repair is to be done: what the options below say."""

    rate: float | None
    dry_run: bool
    wait: bool
    as_json: bool


def manner_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a repair is to be done."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@dataclass(frozen=True, slots=True)
class RepairPrinter:
    """Asks for repairs of one kind and prints them, by *schema* for programs.

    *items* is what they are of.
    """

    kind: RepairKind
    listing: str
    schema: Schema
    items: str

    def ask(
        self, selection: Selection, endpoint: str | None, **manner: Unpack[Manner]
    ) -> None:
        """Ask for a repair for the endpoint that is named, or for all; or count it.

        What is printed is the repair, or what became of it if it was waited for.
        """
        as_json = manner["as_json"]
        with open_place() as place:
            if manner["dry_run"]:
                self._print_count(place, selection, endpoint, as_json=as_json)
                return
            with place.database.transaction() as transaction:
                repair = create_repair(
                    transaction,
                    selection,
                    endpoint=_named(place, transaction.connection, endpoint),
                    rate=manner["rate"],
                )
                place.record(transaction, CREATE[self.kind], **repair.described())
            if manner["wait"]:
                repair = self._waited_for(place, repair)
        if manner["wait"] or as_json:
            self._print(repair, as_json=as_json)
        else:
            click.echo(f"asked for as {self.kind} {repair.id}")
            click.echo("A running worker does it.", err=True)
        if repair.state is RepairState.CANCELLED:
            raise click.exceptions.Exit(1)

    def print_list(
        self, *, endpoint: str | None, limit: int, before: UUID | None, as_json: bool
    ) -> None:
        """Print a page of them, the newest first."""
        with open_place() as place, place.database.read() as connection:
            named = _named(place, connection, endpoint)
            found = list_repairs(
                connection,
                self.kind,
                endpoint=named.id if named else None,
                before=before,
                limit=limit + 1,
            )
        items, more = found[:limit], len(found) > limit
        if as_json:
            next_cursor = render_cursor(self.listing, items[-1].id) if more else None
            rendered = self.schema.dump(items, many=True)
            print_json({"items": rendered, "next": next_cursor})
            return
        print_table(_HEADINGS, map(_cells, items))

    def print_one(self, id_: UUID, *, as_json: bool) -> None:
        """Print one of them."""
        with open_place() as place, place.database.read() as connection:
            found = get_repair(connection, self.kind, id_)
        self._print(found, as_json=as_json)

    def cancel(self, id_: UUID, *, as_json: bool) -> None:
        """Cancel one of them."""
        with open_place() as place, place.database.transaction() as transaction:
            found = cancel_repair(transaction, self.kind, id_)
            place.record(transaction, CANCEL[self.kind], **found.described())
        if as_json:
            print_json(self.schema.dump(found))
        else:
            click.echo(f"cancelled when {found.done} of {found.total} were done")

    def _print_count(
        self, place: Place, selection: Selection, endpoint: str | None, *, as_json: bool
    ) -> None:
        with place.database.read() as connection:
            work = work_of(
                selection,
                endpoint=_named(place, connection, endpoint),
                end=datetime.now(UTC),
                recorder=place.recorder,
                outbox=place.outbox,
            )
            counted = count(connection, work)
        if as_json:
            print_json(CountSchema().dump(counted))
        else:
            click.echo(f"{counted.total} {self.items}")

    def _print(self, repair: Repair, *, as_json: bool) -> None:
        if as_json:
            print_json(self.schema.dump(repair))
        else:
            print_fields(_fields(repair))

    def _waited_for(self, place: Place, repair: Repair) -> Repair:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
        # The bar is for a terminal; elsewhere nothing of it is written.
        console = Console(stderr=True)
        with Progress(
            *columns, console=console, disable=not console.is_terminal
        ) as progress:
            task = progress.add_task(repair.state, total=None)
            while repair.state in _ACTIVE:
                time.sleep(_LOOK_EVERY_S)
                with place.database.read() as connection:
                    repair = get_repair(connection, self.kind, repair.id)
                is_counted = repair.state is not RepairState.COUNTING
                progress.update(
                    task,
                    description=repair.state,
                    total=repair.total if is_counted else None,
                    completed=repair.done if is_counted else repair.total,
                )
        return repair


def _named(
    place: Place, connection: sa.Connection, endpoint: str | None
) -> Endpoint | None:
    return place.find_endpoint(connection, endpoint) if endpoint else None


def _cells(repair: Repair) -> list[str]:
    return [
        moment(repair.created_at),
        repair.endpoint_name or "",
        repair.state,
        str(repair.done),
        str(repair.total),
        str(repair.id),
    ]


def _fields(repair: Repair) -> dict[str, str]:
    return {
        "id": str(repair.id),
        "endpoint": repair.endpoint_name or "",
        "state": repair.state,
        "done": f"{repair.done} of {repair.total}",
        "rate": f"{repair.rate:g} a second" if repair.rate else "",
        "asked for": moment(repair.created_at),
        "over": moment(repair.finished_at),
    }
