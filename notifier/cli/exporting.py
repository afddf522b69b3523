"""The command that exports the audit log."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from notifier.audit.export import FORMATS, Export, Format, Part
from notifier.audit.questions import Question
from notifier.cli.export_file import open_export
from notifier.cli.place import open_place
from notifier.cli.questions import question_options, take_question

_NS_PER_MS = 1_000_000
_FAR_NS = 2**63
# The time of a UUIDv7 stands above so many bits.
_BELOW_MS = 80


@click.command()
@question_options
@click.option(
    "--format",
    "format_name",
    type=click.Choice([*FORMATS]),
    default="ndjson",
    show_default=True,
    help="An item of the log on each line, as JSON, or a record of CSV.",
)
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, which is not there yet; without it, print.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on with a file that was cut off, behind its last whole line.",
)
@click.option(
    "--cursor",
    "after",
    type=click.UUID,
    help="Begin behind the event of this id.",
)
def export(
    *,
    format_name: str,
    path: Path | None,
    resume: bool,
    after: UUID | None,
    **options: Any,
) -> None:
    """Export all events that are found, the oldest first, however many they are.

    With --resume and the same options as before, the file is the same in the end as if
    it had never been cut off.

    \b
    Examples:
      notifier events export --since 90d --until 1h -o events.ndjson
      notifier events export --since 90d --until 1h -o events.ndjson --resume
      notifier events export --format csv --action push,delete | gzip > changes.csv.gz
    """
    job = _Job(take_question(options), FORMATS[format_name])
    if path is not None:
        with open_export(path, job.format, resume=resume) as file:
            job.run(file.write, file.last or after, is_shown=True)
    elif resume:
        raise click.UsageError("--resume needs a file: -o FILE.")
    else:
        out = sys.stdout.buffer
        job.run(out.write, after, is_shown=not out.isatty())


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be exported, and how it is written."""

    question: Question
    format: Format

    def run(
        self, write: Callable[[bytes], Any], after: UUID | None, *, is_shown: bool
    ) -> None:
        """Export; show on a terminal how far it is, if that is not in the way."""
        with open_place() as place:
            export_ = Export(
                place.database, place.recorder, self.question, self.format, after
            )
            write(export_.head)
            parts = filter(None, export_.parts())
            for part in self._show(parts) if is_shown and _is_seen() else parts:
                write(part.content)

    def _show(self, parts: Iterator[Part]) -> Iterator[Part]:
        """Show how far it is, by the times of the events: nobody has counted them."""
        first = next(parts, None)
        if first is None:
            return
        begin, events = _ms_of(first.last), 0
        now_ms = time.time_ns() // _NS_PER_MS
        until_ms = min((self.question.until_ns or _FAR_NS) // _NS_PER_MS, now_ms)
        with click.progressbar(
            length=max(until_ms - begin, 1),
            item_show_func=lambda count: f"{count or 0:,} events",
            file=sys.stderr,
        ) as bar:
            for part in chain([first], parts):
                yield part
                events += part.events
                bar.update(max(_ms_of(part.last) - begin - bar.pos, 0), events)
            bar.update((bar.length or 0) - bar.pos, events)


def _is_seen() -> bool:
    return sys.stderr.isatty()


def _ms_of(id_: UUID) -> int:
    return id_.int >> _BELOW_MS
