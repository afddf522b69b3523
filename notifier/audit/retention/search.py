"""The search: goes through the log, oldest first, and finds what is past its time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.retention.deadlines import Deadlines
from notifier.audit.retention.ranges import Ranges
from notifier.db import Prepared, PreparedIn
from notifier.delivery.tables import DeliveryRow
from notifier.events.tables import EventRow

AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What some rows were found to be: *expired* ones, with the places of their rules.

    Others would be but are *waiting*, for deliveries tell of them. *cursor* is the last
    row that was looked at; with *is_over*, there is none behind it to look at.
    """

    cursor: UUID
    is_over: bool
    examined: int = 0
    expired: Sequence[tuple[UUID, int]] = field(default=())
    waiting: int = 0


class Search:
    """A search by *deadlines*, which leaves alone what is in the ranges *away*."""

    def __init__(self, deadlines: Deadlines, away: Ranges) -> None:
        self._deadlines = deadlines
        self._away = away

    def look(self, connection: sa.Connection, after: UUID) -> Found:
        """Look at the rows after *after*, a bounded number of them."""
        end = self._deadlines.end
        if end is None:
            return Found(cursor=after, is_over=True)
        recorded = self._deadlines.recorded_until
        rows = _NEXT.all(
            connection, after=after, end=end, recorded=recorded, limit=AT_ONCE
        )
        self._deadlines.learn(connection, rows)
        expired = self._expired(rows)
        delivered = list_delivered(connection, [id_ for id_, _ in expired])
        return Found(
            cursor=rows[-1][0] if rows else after,
            is_over=len(rows) < AT_ONCE,
            examined=len(rows),
            expired=[item for item in expired if item[0] not in delivered],
            waiting=len(delivered),
        )

    def _expired(self, rows: Sequence[tuple[Any, ...]]) -> list[tuple[UUID, int]]:
        expired = []
        for id_, action, kind, repository in rows:
            place = self._deadlines.find(id_, (action, kind, repository))
            if place is not None and id_ not in self._away:
                expired.append((id_, place))
        return expired


def list_delivered(connection: sa.Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of *ids* that have deliveries.

    Their attempts tell bodies again from the event, and some may still be made.
    """
    return {id_ for (id_,) in _DELIVERED.all(connection, ids)}


_NEXT = Prepared(
    sa.select(EventRow.id, EventRow.action, EventRow.kind, EventRow.repository_id)
    .where(EventRow.id > sa.bindparam("after"), EventRow.id < sa.bindparam("end"))
    .where(EventRow.recorded_at <= sa.bindparam("recorded"))
    .order_by(EventRow.id)
    .limit(sa.bindparam("limit", type_=sa.Integer()))
)
_DELIVERED = PreparedIn(
    DeliveryRow.event_id,
    lambda is_one: sa.select(DeliveryRow.event_id).where(is_one).distinct(),
)
