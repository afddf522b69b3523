"""The events commands: questions to the audit log."""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import click

from notifier.audit.answers import Entry, ask, get_entry
from notifier.audit.cursor import render_cursor
from notifier.audit.questions import Question
from notifier.cli import archives, restoring, verdicts
from notifier.cli.deliveries import DELIVERY_HEADINGS, delivery_cells
from notifier.cli.options import cursor_option, json_option, limit_option
from notifier.cli.output import (
    moment,
    print_fields,
    print_json,
    print_json_line,
    print_table,
    short_digest,
    visible,
)
from notifier.cli.place import open_place
from notifier.cli.questions import order_option, question_options, take_question
from notifier.db import Database
from notifier.delivery.deliveries import list_deliveries
from notifier.events.envelope import render_timestamp
from notifier.events.event import Event
from notifier.events.record import Recorder
from notifier.web.api.schemas.deliveries import DeliverySchema
from notifier.web.api.schemas.events import EntrySchema

EVENT_HEADINGS = ["time", "action", "repository", "digest", "actor", "client"]

_LISTING = "events"
_PAGE = 1000
_LOOK_EVERY_S = 1.0
# An event may be recorded a little after it happened, and clocks differ a little.
_OVERLAP_NS = 30_000_000_000
_MOST_RECENT = 100_000


@click.group("events")
def command() -> None:
    """Ask the audit log: who pushed, pulled, mounted or deleted what, and when."""


command.add_command(verdicts.command)
command.add_command(archives.command)
command.add_command(restoring.restore)
command.add_command(restoring.release)


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
        log = _Log(place.database, place.recorder, take_question(options))
        entries, next_ = log.page(limit, before)
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
    print_fields(_fields(entry))
    if deliveries:
        click.echo()
        print_table(DELIVERY_HEADINGS, map(delivery_cells, deliveries))


@command.command()
@question_options
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(0, _PAGE),
    default=10,
    show_default=True,
    help="How many to begin with.",
)
@click.option(
    "-f", "--follow", is_flag=True, help="Go on as events come, until Ctrl-C."
)
@json_option
def tail(*, lines: int, follow: bool, as_json: bool, **options: Any) -> None:
    """Print the newest events, the newest last, one a line.

    \b
    Examples:
      notifier events tail -f
      notifier events tail -f --repository team/app --json | jq .event.target.tag
    """
    write = _write_json if as_json else _write
    with open_place() as place, suppress(KeyboardInterrupt):
        log = _Log(place.database, place.recorder, take_question(options))
        seen = {entry.event.id for entry in log.recent()} if follow else set()
        if lines:
            write(reversed(log.page(lines)[0]))
        while follow:
            time.sleep(_LOOK_EVERY_S)
            recent = log.recent()
            write(entry for entry in reversed(recent) if entry.event.id not in seen)
            seen = {entry.event.id for entry in recent}


def event_cells(event: Event) -> list[str]:
    """Return what stands below `EVENT_HEADINGS`."""
    target = event.target
    tag = f":{target.tag}" if target.tag else ""
    return [
        render_timestamp(event.timestamp_ns)[: len("2026-05-01T15:28:51")],
        event.action,
        (target.repository or "") + tag,
        short_digest(target.descriptor.digest) if target.descriptor else "",
        event.actor or "",
        event.request.addr,
    ]


@dataclass(frozen=True, slots=True)
class _Log:
    """The answers to one question."""

    database: Database
    recorder: Recorder
    question: Question

    def page(
        self, limit: int, after: UUID | None = None, since_ns: int = 0
    ) -> tuple[list[Entry], UUID | None]:
        """Return up to *limit* entries, and what comes after them."""
        since_ns = max(since_ns, self.question.since_ns or 0)
        question = replace(self.question, since_ns=since_ns)
        entries: list[Entry] = []
        while True:
            wanted = limit - len(entries)
            with self.database.read() as connection:
                page = ask(
                    connection, self.recorder, question, limit=wanted, after=after
                )
            entries += page.entries
            after = page.next
            if after is None or len(entries) == limit:
                return entries, after

    def recent(self) -> list[Entry]:
        """Return the entries of the last moments, the newest first."""
        return self.page(_MOST_RECENT, since_ns=time.time_ns() - _OVERLAP_NS)[0]


def _write(entries: Iterable[Entry]) -> None:
    for entry in entries:
        click.echo(
            visible("  ".join(cell for cell in event_cells(entry.event) if cell))
        )


def _write_json(entries: Iterable[Entry]) -> None:
    for entry in entries:
        print_json_line(EntrySchema().dump(entry))


def _fields(entry: Entry) -> dict[str, str]:
    event, target = entry.event, entry.event.target
    descriptor = target.descriptor
    return {
        "id": str(event.id),
        "time": render_timestamp(event.timestamp_ns),
        "recorded": moment(entry.recorded_at),
        "action": event.action,
        "kind": target.kind or "",
        "repository": target.repository or "",
        "from": target.from_repository or "",
        "tag": target.tag or "",
        "tag is": event.tag_change or "",
        "before": event.previous_digest or "",
        "digest": descriptor.digest if descriptor else "",
        "media type": descriptor.media_type if descriptor else "",
        "artifact type": target.artifact_type or "",
        "size": str(descriptor.size) if descriptor else "",
        "actor": event.actor or "",
        "client": event.request.addr,
        "user agent": event.request.useragent,
        "request": f"{event.request.method} {event.request.id}",
        "source": event.source.addr,
    }
