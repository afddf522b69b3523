"""Previews: what filters would have made of the log's newest events."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from notifier.audit.answers import Entry, ask
from notifier.audit.questions import Question
from notifier.delivery.filters import Filters
from notifier.events.event import Action
from notifier.events.record import Recorder

DEFAULT_LAST = 1000
MAX_LAST = 10_000

_SAMPLES = 10
_BATCH = 500


@dataclass(slots=True)
class Refused:
    """How many events one rule refused, the newest of them, and why that one."""

    rule: str
    text: str
    newest: Entry
    count: int = 0


@dataclass(slots=True)
class Preview:
    """What became of the events that were examined, those since *since*.

    *samples* are the newest of those that match; *refused* holds each rule's part, the
    largest first.
    """

    examined: int = 0
    matched: int = 0
    since: datetime | None = None
    samples: list[Entry] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def preview(
    connection: sa.Connection, recorder: Recorder, filters: Filters, *, last: int
) -> Preview:
    """Put the *last* events to *filters*. Pings do not count: no filter stops them."""
    found = Preview()
    refused: dict[str, Refused] = {}
    for entry in _newest(connection, recorder, last):
        found.examined += 1
        found.since = entry.recorded_at
        rule = filters.refused_by(entry.event)
        if rule is None:
            found.matched += 1
            if found.matched <= _SAMPLES:
                found.samples.append(entry)
        else:
            if rule.name not in refused:
                text = rule.describe(entry.event)
                refused[rule.name] = Refused(rule.name, text, entry)
            refused[rule.name].count += 1
    found.refused = sorted(refused.values(), key=lambda part: -part.count)
    return found


def _newest(
    connection: sa.Connection, recorder: Recorder, count: int
) -> Iterator[Entry]:
    """Yield the newest *count* entries but for pings, the newest first."""
    after = None
    while count > 0:
        limit = min(count, _BATCH)
        page = ask(connection, recorder, Question(), limit=limit, after=after)
        yield from (e for e in page.entries if e.event.action is not Action.PING)
        count -= len(page.entries)
        after = page.next
        if after is None:
            return
