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
from notifier.audit.digests import MIN_HEX
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
    """Return how the digest begins, as people copy it."""
    digest = event.target.descriptor.digest if event.target.descriptor else ""
    return digest[: len("sha256:") + MIN_HEX]


def _team(event: Event) -> str:
    return f"{(event.target.repository or '').partition('/')[0]}/**"


def _network(event: Event) -> str:
    host = event.request.addr
    if host.count(":") == 1:
        host = host.partition(":")[0]
    return f"{host}/24" if "." in host else f"{host}/64"


def _program(event: Event) -> str:
    """Return its name and the first part of its version, whatever follows."""
    return f"{event.request.useragent.partition('.')[0]}.*"


# Those of docs/audit.md. Each is asked about what some event of the log was about.
QUESTIONS: Final[Mapping[str, Callable[[Event], str]]] = {
    "who pushed this digest?": lambda e: _events(digest=_digest(e), action="push"),
    "what did alice do last week?": lambda e: _events(
        actor=e.actor or "ci-team-1", since="7d"
    ),
    "who pulled team/app:1.0?": lambda e: _events(
        repository=e.target.repository, tag=e.target.tag or "latest", action="pull"
    ),
    "what was deleted this month?": lambda _: _events(action="delete", since="30d"),
    "which pushes moved latest?": lambda _: _events(
        tag="latest", action="push", tag_change="moved"
    ),
    "what came from this network?": lambda e: _events(address=_network(e)),
    "who was denied in 24 hours?": lambda _: _events(action="denied", since="24h"),
    "what was pushed under prod?": lambda e: _events(
        repository=_team(e), action="push"
    ),
    "what did this client version do?": lambda e: _events(
        useragent=_program(e), action="!pull"
    ),
    "what happened last?": lambda _: _events(),
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
