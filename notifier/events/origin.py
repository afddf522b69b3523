"""The origin of an event: who does something, by which request, and where."""

import time
from dataclasses import dataclass
from typing import Any

from notifier.events.event import Action, Event, RequestRecord, Source, Target
from notifier.ids import uuid7

_NOTHING = Target(kind=None, repository=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What all events of one request have in common.

    *credential* names the kind of proof that the *actor* has given.
    """

    request: RequestRecord
    source: Source
    actor: str | None = None
    credential: str | None = None

    def event(self, action: Action, target: Target, **more: Any) -> Event:
        """Make the event of what is done to *target*, now."""
        now_ns = time.time_ns()
        return Event(
            id=uuid7(now_ns),
            timestamp_ns=now_ns,
            action=action,
            target=target,
            request=self.request,
            source=self.source,
            actor=self.actor,
            credential=self.credential,
            **more,
        )

    def operational(self, action: Action, detail: dict[str, Any]) -> Event:
        """Make an operational event, which is about no content."""
        return self.event(action, _NOTHING, detail=detail)
