"""A parcel: events of one request, on their way into the database."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from notifier.events.announced import ReadLater
from notifier.events.event import Event
from notifier.events.lines import parse_line, render_line
from notifier.events.record import Draft
from notifier.ingest.rejects import Refusal
from notifier.registry.digest import Digest


class EventsWanted(Exception):
    """Somebody wants to look at events that were not sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Some events that could be read, and some that could not.

    For each event stand its *drafts* and the *earlier* keys it may be in the log by.
    """

    source_id: UUID
    events: Sequence[Event] = ()
    drafts: Sequence[Draft] = ()
    earlier: Sequence[tuple[UUID, ...]] = ()
    refusals: Sequence[Refusal] = ()

    def packed(self, *, with_events: bool) -> bytes:
        """Write it, for another process of ours.

        Without those of its events that nobody may want to look at: most are recorded
        by their rows, and nobody is told of them.
        """
        return pickle.dumps(
            (
                self.source_id.bytes,
                [
                    render_line(event) if with_events or draft.row is None else b""
                    for event, draft in zip(self.events, self.drafts, strict=True)
                ],
                # A text goes for less than a class of ours, which goes by its name.
                [
                    (draft.id, draft.row, draft.digest and str(draft.digest))
                    for draft in self.drafts
                ],
                self.earlier if any(self.earlier) else None,
                [tuple(refusal) for refusal in self.refusals],
            ),
            pickle.HIGHEST_PROTOCOL,
        )

    @classmethod
    def unpacked(cls, data: bytes | memoryview) -> Self:
        """Read one that a process of ours has written."""
        source_id, lines, drafts, earlier, refusals = pickle.loads(data)  # noqa: S301 - nobody else is on the line
        return cls(
            source_id=UUID(bytes=source_id),
            events=ReadLater(len(lines), lambda place: _read(lines[place])),
            drafts=[
                Draft(id_, row, digest and Digest(digest))
                for id_, row, digest in drafts
            ],
            earlier=earlier or [()] * len(lines),
            refusals=[Refusal._make(refusal) for refusal in refusals],
        )


def _read(line: bytes) -> Event:
    if not line:
        raise EventsWanted
    return parse_line(line)
