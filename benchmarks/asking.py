"""What a log is asked, and how fast it answers: by its REST API, in this process."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import sqlalchemy as sa
from flask.testing import FlaskClient

from benchmarks.load import percentile
from notifier.db import Database
from notifier.events.event import Event
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.ids import first_uuid7, made_at

_WARM_UP: Final = 5
_DRAWN: Final = 200
_NS_PER_S: Final = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How a question was answered; a page had so many *items*, in the median."""

    question: str
    p50_ms: float
    p99_ms: float
    items: float


def _events(**query: object) -> str:
    return f"/api/v1/events?{urlencode(query, doseq=True)}"


def _digest(event: Event) -> str:
    return event.target.descriptor.digest if event.target.descriptor else ""


# Each is asked about what some event of the log was about.
QUESTIONS: Final[Mapping[str, Callable[[Event], str]]] = {
    "what happened last?": lambda _: _events(),
    "who pushed this digest?": lambda e: _events(digest=_digest(e), action="push"),
    "who pulled this digest?": lambda e: _events(digest=_digest(e), action="pull"),
    "what happened here?": lambda e: _events(repository=e.target.repository),
    "who pushed here?": lambda e: _events(
        repository=e.target.repository, action="push"
    ),
    "what did they do?": lambda e: _events(actor=e.actor or "ci-team-1"),
    "what was deleted?": lambda _: _events(action="delete"),
}


def ask_all(
    client: FlaskClient, database: Database, *, rounds: int
) -> Iterator[Answered]:
    """Ask each question so many times, about something else each time."""
    drawn = draw(database)
    for question, path_of in QUESTIONS.items():
        paths = [path_of(drawn[n % len(drawn)]) for n in range(rounds)]
        for path in paths[:_WARM_UP]:
            client.get(path)
        times_s, items = [], []
        for path in paths:
            began = time.perf_counter()
            response = client.get(path)
            times_s.append(time.perf_counter() - began)
            items.append(len(response.get_json()["items"]))
        times_s.sort()
        yield Answered(
            question=question,
            p50_ms=percentile(times_s, 50) * 1e3,
            p99_ms=percentile(times_s, 99) * 1e3,
            items=percentile(sorted(items), 50),
        )


def draw(database: Database, days: int | None = None) -> Sequence[Event]:
    """Draw events at any time: what there are many of is drawn often.

    With *days*, of the last so many.
    """
    rng, recorder = random.Random(1), Recorder()
    rows = sa.select(EventRow.__table__).limit(1)
    newest = rows.order_by(EventRow.id.desc())
    with database.read() as connection:
        ends = (
            connection.execute(rows.order_by(EventRow.id)),
            connection.execute(newest),
        )
        first, last = (made_at(row.one().id).timestamp() for row in ends)
        if days is not None:
            first = max(first, last - days * 86_400)
        drawn = [
            connection.execute(
                newest.where(EventRow.id <= first_uuid7(int(at * _NS_PER_S)))
            ).one()
            for at in (rng.uniform(first + 1, last) for _ in range(_DRAWN))
        ]
        return recorder.events(connection, drawn)
