"""How fast a log takes events, at the size that it has."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import sqlalchemy as sa
from msgspec.structs import replace

from notifier.db import Database
from notifier.events.event import Event
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.ids import uuid7
from notifier.registry.digest import Digest

# As the journal's mover does it, and as pushes do.
BATCHES: Final = (500, 1)

_ROUNDS: Final = 5
_EVENTS: Final = {500: 10_000, 1: 500}
_NEW_EVERY: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """How many events a second were recorded, so many in each transaction."""

    batch: int
    per_s: float


def record_more(database: Database) -> Iterator[Recorded]:
    """Record more events like the newest ones, in transactions of each size."""
    recorder = Recorder()
    for batch in BATCHES:
        rates = []
        for _ in range(_ROUNDS + 1):
            events = _more(database, recorder, _EVENTS[batch])
            rates.append(len(events) / _time(database, recorder, events, batch))
        # The first round is there to fill memories.
        yield Recorded(batch=batch, per_s=median(rates[1:]))


def _time(
    database: Database, recorder: Recorder, events: Sequence[Event], batch: int
) -> float:
    began = time.perf_counter()
    for start in range(0, len(events), batch):
        with database.transaction() as transaction:
            recorder.insert(transaction, events[start : start + batch])
    return time.perf_counter() - began


def _more(database: Database, recorder: Recorder, count: int) -> list[Event]:
    """Return events like the newest ones, happening now; some digests are new."""
    newest = sa.select(EventRow.__table__).order_by(EventRow.id.desc()).limit(count)
    with database.read() as connection:
        events = recorder.events(connection, connection.execute(newest).all())
    return [_again(event, is_new=n % _NEW_EVERY == 0) for n, event in enumerate(events)]


def _again(event: Event, *, is_new: bool) -> Event:
    now_ns = time.time_ns()
    event = replace(event, id=uuid7(now_ns), timestamp_ns=now_ns)
    if not is_new or event.target.descriptor is None:
        return event
    digest = Digest.of(str(now_ns).encode())
    descriptor = replace(event.target.descriptor, digest=digest)
    # The address would be of the old one.
    return replace(event, target=replace(event.target, descriptor=descriptor, url=None))
