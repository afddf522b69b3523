"""The work of a redelivery: deliveries are found along an index and made due."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from notifier.db import Transaction
from notifier.delivery import leases
from notifier.delivery.attempt_tables import AttemptRow
from notifier.delivery.deliveries import STATES, DeliveryState
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.repair.places import S, Statement, along, last_id_before
from notifier.delivery.repair.selection import DeliverySelection
from notifier.delivery.repair.work import WINDOW, Part
from notifier.delivery.tables import DeliveryRow, EndpointRow
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.ids import first_id

_READ_AT_ONCE = 500


class Missed(NamedTuple):
    """A delivery to be made due, and the endpoint that it is for."""

    id: UUID
    endpoint_key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeliveryWork:
    """Makes deliveries due that were made before *end*.

    They are of one *endpoint*, or else of all that are enabled.
    """

    recorder: Recorder
    selection: DeliverySelection
    endpoint: Endpoint | None
    end: datetime

    def look(self, connection: sa.Connection, cursor: str, limit: int) -> Part[Missed]:
        """Find deliveries, the oldest first."""
        low = UUID(cursor) if cursor else last_id_before(self.selection.since)
        window_end = connection.scalar(
            self._along(sa.select(DeliveryRow.id), low).offset(WINDOW - 1).limit(1)
        )
        rows = connection.execute(self._meant(low, window_end)).all()
        found: list[Missed] = []
        for row in self._wanted(connection, rows):
            found.append(Missed(row.id, row.endpoint_id))
            if len(found) == limit:
                return Part(found, str(row.id))
        if len(rows) == _READ_AT_ONCE:
            return Part(found, str(rows[-1].id))
        return Part(found, None if window_end is None else str(window_end))

    def do(self, transaction: Transaction, items: Sequence[Missed]) -> None:
        """Make them due, unless they have been delivered in the meantime."""
        for key in sorted({item.endpoint_key for item in items}):
            leases.lock(transaction.connection, key)
        now = datetime.now(UTC)
        ids = [item.id for item in items]
        transaction.execute(
            sa.update(DeliveryRow)
            .where(DeliveryRow.id.in_(ids), *self._conditions(now))
            .values(due_at=now)
        )

    def _along(self, statement: S, low: UUID) -> S:
        """Follow the deliveries after the one called *low*, up to the end."""
        high = first_id(min(self.selection.until or self.end, self.end))
        key = self.endpoint.key if self.endpoint else None
        leader = None if key is None else (DeliveryRow.endpoint_id, key)
        return along(statement, DeliveryRow.id, low, high, leader)

    def _meant(self, low: UUID, window_end: UUID | None) -> Statement:
        columns = (DeliveryRow.id, DeliveryRow.endpoint_id, DeliveryRow.event_id)
        statement = self._along(sa.select(*columns), low)
        if window_end is not None:
            statement = statement.where(DeliveryRow.id <= window_end)
        return (
            statement.join(EndpointRow, EndpointRow.id == DeliveryRow.endpoint_id)
            .where(EndpointRow.enabled, EndpointRow.removed_at.is_(None))
            .where(*self._conditions(datetime.now(UTC)))
            .limit(_READ_AT_ONCE)
        )

    def _conditions(self, now: datetime) -> Iterator["sa.ColumnElement[bool]"]:
        selection = self.selection
        yield DeliveryRow.due_at.is_(None) | (DeliveryRow.due_at > now)
        yield DeliveryRow.state.in_([STATES[state] for state in selection.states])
        if selection.failed_since is not None:
            pending = DeliveryRow.state == STATES[DeliveryState.PENDING]
            yield sa.or_(
                pending & (DeliveryRow.attempts > 0),
                ~pending & _was_attempted_since(selection.failed_since),
            )

    def _wanted(
        self, connection: sa.Connection, rows: Sequence[sa.Row[Any]]
    ) -> Iterator[sa.Row[Any]]:
        """Leave out the deliveries of events that the filters do not want."""
        filters = self.selection.filters
        if filters is None or not rows:
            yield from rows
            return
        ids = {row.event_id for row in rows}
        found = connection.execute(_EVENTS, {"ids": ids}).all()
        events = self.recorder.events(connection, found)
        wanted = {event.id for event in events if filters.wants(event)}
        yield from (row for row in rows if row.event_id in wanted)


_EVENTS = sa.select(EventRow.__table__).where(
    EventRow.id.in_(sa.bindparam("ids", expanding=True))
)


def _was_attempted_since(since: datetime) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        AttemptRow.delivery_id == DeliveryRow.id,
        AttemptRow.number == DeliveryRow.attempts,
        AttemptRow.started_at >= since,
    )
