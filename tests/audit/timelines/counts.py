"""Counts, as the tables have them, and as somebody finds them who goes by events."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from notifier.audit.timelines.counting import Counting
from notifier.audit.timelines.sums import NS_PER_DAY
from notifier.audit.timelines.tables import (
    ALL_MANIFESTS,
    ClientRow,
    DailyPullsRow,
    UsageRow,
)
from notifier.db import Database
from notifier.events.event import Action, Event, Kind
from notifier.events.record import Recorder
from notifier.events.tables import DigestRow
from notifier.registry.repositories import Repository

# A digest, or None for all manifests, and a repository.
Place = tuple[str | None, str]


class Usage(NamedTuple):
    """How often, and when."""

    pulls: int
    pushed_ns: int | None
    first_pulled_ns: int | None
    last_pulled_ns: int | None


@dataclass(frozen=True)
class Counts:
    """All that is counted."""

    usages: Mapping[Place, Usage]
    days: Mapping[tuple[Place, int, str], int]


def count(database: Database, recorder: Recorder) -> Counts:
    """Count what is not counted, and return what there is then."""
    Counting(database, recorder).work()
    with database.read() as connection:
        digests = _pairs(connection, sa.select(DigestRow.id, DigestRow.digest))
        repositories = _pairs(connection, sa.select(Repository.id, Repository.name))
        clients = _pairs(connection, sa.select(ClientRow.id, ClientRow.name))
        usages = connection.execute(sa.select(UsageRow.__table__)).all()
        days = connection.execute(sa.select(DailyPullsRow.__table__)).all()

    def place(digest_id: int, repository_id: int) -> Place:
        digest = None if digest_id == ALL_MANIFESTS else digests[digest_id]
        return digest, repositories[repository_id]

    return Counts(
        {
            place(digest, repository): Usage(*more)
            for digest, repository, *more in usages
        },
        {
            (place(digest, repository), day, clients[client]): pulls
            for digest, repository, day, client, pulls in days
        },
    )


def _pairs(connection: sa.Connection, statement: Any) -> dict[int, str]:
    return dict(tuple(row) for row in connection.execute(statement))


def expected(events: Iterable[Event]) -> Counts:
    """Count events one by one."""
    pulls: dict[Place, list[int]] = {}
    pushes: dict[Place, list[int]] = {}
    days: Counter[tuple[Place, int, str]] = Counter()
    for event in events:
        is_pull = event.action is Action.PULL and event.request.method != "HEAD"
        is_manifest = event.target.kind is Kind.MANIFEST
        is_push = event.action is Action.PUSH and is_manifest
        if not is_pull and not is_push:
            continue
        at_ns = event.timestamp_ns
        for place in _places(event):
            (pulls if is_pull else pushes).setdefault(place, []).append(at_ns)
            if is_pull:
                client = event.request.useragent.partition("/")[0]
                days[place, at_ns // NS_PER_DAY, client] += 1
    return Counts(
        {
            place: Usage(
                len(pulls.get(place, ())),
                max(pushes.get(place, ()), default=None),
                min(pulls.get(place, ()), default=None),
                max(pulls.get(place, ()), default=None),
            )
            for place in pulls.keys() | pushes.keys()
        },
        dict(days),
    )


def _places(event: Event) -> Iterable[Place]:
    target = event.target
    assert target.descriptor is not None
    assert target.repository is not None
    yield target.descriptor.digest, target.repository
    if target.kind is Kind.MANIFEST:
        yield None, target.repository
