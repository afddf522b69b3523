"""The command that follows the audit log."""

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import click

from notifier.audit.answers import Entry, list_entries
from notifier.audit.following import Following
from notifier.cli.event_output import event_cells
from notifier.cli.options import json_option
from notifier.cli.output import moment, print_json_line, visible_line
from notifier.cli.place import Place, open_place
from notifier.cli.questions import answer, question_options, take_question
from notifier.web.api.schemas.events import EntrySchema

_MOST = 1000
_LOOK_EVERY_S = 0.5


@click.command()
@question_options
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(0, _MOST),
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

    What follows comes in the order in which it was recorded.

    \b
    Examples:
      notifier events tail -f
      notifier events tail -f --repository 'team/**' --json | jq .event.target.tag
    """
    write = _write_json if as_json else _write
    question = take_question(options)
    with open_place() as place, suppress(KeyboardInterrupt):
        following = Following.from_now(place.database, place.recorder, question)
        newest = answer(place, question, lines)[0] if lines else []
        write(reversed(newest))
        # What came after the mark may be among the newest already.
        known = {entry.event.id for entry in newest}
        while follow:
            write(e for e in _step(place, following) if e.event.id not in known)


def _step(place: Place, following: Following) -> Iterable[Entry]:
    """Return what has come; wait a moment before that if nothing more was there."""
    with place.database.read() as connection:
        told = following.step(connection)
        ids = [id_ for _, id_ in told.events]
        entries = list_entries(connection, place.recorder, ids)
    if told.gap_until is not None:
        since = moment(told.gap_until)
        click.echo(f"Some of what was recorded before {since} is missing.", err=True)
    if told.is_last and not entries:
        time.sleep(_LOOK_EVERY_S)
    return entries


def _write(entries: Iterable[Entry]) -> None:
    for entry in entries:
        cells = (cell for cell in event_cells(entry.event) if cell)
        click.echo(visible_line("  ".join(cells)))


def _write_json(entries: Iterable[Entry]) -> None:
    for entry in entries:
        print_json_line(EntrySchema().dump(entry))
