"""The intake: a body comes in, and each of its events is recorded or kept aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from notifier.db import Database
from notifier.events.announce import Announcer
from notifier.events.record import Recorder
from notifier.ingest.bodies import read_body
from notifier.ingest.commit_client import CommitClient
from notifier.ingest.committer import MAX_TOGETHER
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
    """Takes what senders bring. Threads share it."""

    def __init__(
        self,
        database: Database,
        recorder: Recorder,
        announcer: Announcer,
        commits: CommitClient,
    ) -> None:
        self._database = database
        self._kinds = KindFinder(database, recorder)
        self._announcer = announcer
        self._commits = commits

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
        events = self._kinds.complete(events)
        recorded = self._commits.commit(self._pack(receipt.source, events, refusals))
        return Tally(recorded=recorded, known=len(events) - recorded, rejected=rejected)

    def refuse(self, source: IngestSource, reason: str, body: bytes = b"") -> None:
        """Keep a body aside that is refused as a whole, as far as it was read."""
        refusals = [Refusal.of(reason, body)]
        self._commits.commit([Parcel(source_id=source.id, refusals=refusals)])

    def close(self) -> None:
        """Take nothing any more."""
        self._commits.close()

    def _pack(
        self,
        source: IngestSource,
        incoming: Sequence[Incoming],
        refusals: Sequence[Refusal],
    ) -> list[Parcel]:
        """Make parcels of so many events that none keeps others waiting for long."""
        events = [each.event for each in incoming]
        earlier = [each.earlier for each in incoming]
        drafts = self._announcer.draft(self._database, events)
        parcels = [
            Parcel(
                source_id=source.id,
                events=events[start : start + MAX_TOGETHER],
                drafts=drafts[start : start + MAX_TOGETHER],
                earlier=earlier[start : start + MAX_TOGETHER],
            )
            for start in range(0, len(events), MAX_TOGETHER)
        ]
        if refusals:
            parcels.append(Parcel(source_id=source.id, refusals=refusals))
        return parcels


def _read_all(
    dialect: Dialect, parts: Sequence[Any], receipt: Receipt
) -> tuple[Sequence[Incoming], list[Refusal], int]:
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
