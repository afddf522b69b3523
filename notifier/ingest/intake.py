"""The intake: a body comes in, and each of its events is recorded or kept aside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from notifier.ingest.bodies import read_body
from notifier.ingest.committer import MAX_TOGETHER, Committer
from notifier.ingest.dialects.dialect import Dialect, Incoming
from notifier.ingest.errors import BodyRefused, EventRefused
from notifier.ingest.kinds import KindFinder
from notifier.ingest.parcel import Parcel
from notifier.ingest.rejects import MAX_AT_ONCE, Refusal
from notifier.ingest.source import IngestSource, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of the events of a request: all of them, and no other."""

    recorded: int
    known: int
    rejected: int


class Intake:
    """Takes what senders bring."""

    def __init__(self, kinds: KindFinder, committer: Committer) -> None:
        self._kinds = kinds
        self._committer = committer

    def take(self, receipt: Receipt, body: bytes) -> Tally:
        """Record the events of *body*, and keep aside those that cannot be read.

        All is committed by then. Raises `BodyRefused`, when the body is kept aside, and
        `DatabaseUnavailable`, when a part may be committed: what comes again is known.
        """
        try:
            dialect, parts = read_body(body, receipt.source.kind)
        except BodyRefused as refused:
            self.refuse(receipt.source, str(refused), body)
            raise
        if not parts:
            return Tally(recorded=0, known=0, rejected=0)
        events, refusals, rejected = _read_all(dialect, parts, receipt)
        parcels = _packed(receipt.source, self._kinds.complete(events), refusals)
        recorded = sum(map(self._committer.commit, parcels))
        return Tally(recorded=recorded, known=len(events) - recorded, rejected=rejected)

    def close(self) -> None:
        """Commit what has come, and stop."""
        self._committer.close()

    def refuse(self, source: IngestSource, reason: str, body: bytes = b"") -> None:
        """Keep a body aside that is refused as a whole, as far as it was read."""
        self._committer.commit(Parcel(source.id, (), [Refusal.of(reason, body)]))


def _packed(
    source: IngestSource, events: Sequence[Incoming], refusals: Sequence[Refusal]
) -> Iterator[Parcel]:
    """Yield parcels of so many events that none keeps others waiting for long."""
    yield Parcel(source.id, events[:MAX_TOGETHER], refusals)
    for start in range(MAX_TOGETHER, len(events), MAX_TOGETHER):
        yield Parcel(source.id, events[start : start + MAX_TOGETHER], ())


def _read_all(
    dialect: Dialect, parts: Sequence[Any], receipt: Receipt
) -> tuple[list[Incoming], list[Refusal], int]:
    """Return what could be read, and why the rest could not: of some, and how many."""
    events: list[Incoming] = []
    refusals: list[Refusal] = []
    for part in parts:
        try:
            events.append(dialect.read(part, receipt))
        except EventRefused as refused:
            if len(refusals) < MAX_AT_ONCE:
                refusals.append(Refusal.of(str(refused), _written(part)))
    return events, refusals, len(parts) - len(events)


def _written(part: Any) -> bytes:
    try:
        return orjson.dumps(part)
    except orjson.JSONEncodeError:
        # It reads deeper than it writes: such depths are not shown.
        return b""
