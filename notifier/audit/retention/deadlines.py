"""Deadlines: which rule an event goes by, and from when on that keeps it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.retention.rules import Rules
from notifier.events.record import Recorder
from notifier.events.tables import ACTIONS, KINDS
from notifier.ids import first_id

_ACTIONS = {number: action for action, number in ACTIONS.items()}
_KINDS = {number: kind for kind, number in KINDS.items()}
# What came late, from another registry or from the journal of a host that was away,
# stays for so long, whatever its time: whoever follows the log has to see it, and what
# is sent again to meet its own row.
_LATE: Final = timedelta(days=1)
# Names are few, but strangers may make many.
_MAX_KNOWN: Final = 100_000

# What the rules ask about an event: the numbers of action, kind and repository.
Matter = tuple[int, int | None, int | None]


class Deadlines:
    """The deadlines of *rules* at the moment *now*, as ids: what is below has to go.

    No event goes that was recorded after *recorded_until*.
    """

    def __init__(self, recorder: Recorder, rules: Rules, now: datetime) -> None:
        self._recorder = recorder
        self._rules = rules
        self._ends = [
            None if rule.keep is None else first_id(now - rule.keep) for rule in rules
        ]
        self._known: dict[Matter, int | None] = {}
        self.end = max((end for end in self._ends if end is not None), default=None)
        self.recorded_until = now - _LATE

    def learn(self, connection: sa.Connection, rows: Sequence[Any]) -> None:
        """Find out which rules *rows* go by: each an id and then its matter."""
        if len(self._known) > _MAX_KNOWN:
            self._known.clear()
        new = {matter for _, *matter_ in rows if (matter := tuple(matter_))}
        new -= self._known.keys()
        if not new:
            return
        names = self._recorder.repositories.resolve(
            connection, [repository for *_, repository in new]
        )
        for matter in new:
            action, kind, repository = matter
            self._known[matter] = self._find(action, kind, names[repository])

    def find(self, id_: UUID, matter: Matter) -> int | None:
        """Return the place of the rule by which an event has to go, or None.

        Its matter must have been learned.
        """
        place = self._known[matter]
        if place is None:
            return None
        end = self._ends[place]
        return place if end is not None and id_ < end else None

    def _find(self, action: int, kind: int | None, name: str | None) -> int | None:
        about = _ACTIONS[action], _KINDS[kind] if kind else None, name
        for place, rule in enumerate(self._rules):
            if rule.is_about(*about):
                return place
        return None
