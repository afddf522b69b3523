"""The repairer: takes the steps of repairs, in every worker.

Each step is a look outside of any transaction, then a short one that moves the cursor
on and does what is to be done: both or neither, so that nothing is done twice, whoever
dies. A step that another worker has taken meanwhile is not taken again.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from notifier.db import Database, DatabaseUnavailable
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.errors import EndpointUnknown
from notifier.delivery.nudger import Nudger
from notifier.delivery.outbox import Outbox
from notifier.delivery.repair.repairs import IS_ACTIVE, parse_selection
from notifier.delivery.repair.tables import (
    CANCELLED,
    COUNTING,
    DONE,
    RUNNING,
    RepairRow,
)
from notifier.delivery.repair.work import START, Part, Work
from notifier.delivery.repair.works import work_of
from notifier.delivery.tables import DeliveryRow, EndpointRow
from notifier.events.record import Recorder

# So many deliveries of an endpoint may be due before it is given more: what happens now
# does not wait for long behind what happened once.
MAX_DUE = 1000

_AT_ONCE = 200
_COUNT_AT_ONCE = 1000
_WORK_S = 1.0
_PAUSE_S = 0.02
# At a given rate, a step is what may be sent in this time.
_STEP_S = 0.5
_HOLD = timedelta(seconds=10)
_LONGEST = 2 * _HOLD
_REST = _HOLD

_log = structlog.get_logger(__name__)


class Repairer:
    """Goes on with the repairs of one database. *holder* is its name on their rows."""

    def __init__(
        self,
        database: Database,
        endpoints: EndpointStore,
        recorder: Recorder,
        holder: UUID,
    ) -> None:
        self._database = database
        self._endpoints = endpoints
        self._recorder = recorder
        # What it adds is found by the sweep.
        self._outbox = Outbox(endpoints, Nudger(None))
        self._holder = holder

    def work(self) -> None:
        """Go on for a moment with what is under way, if there is a step to take."""
        until = time.monotonic() + _WORK_S
        while self._take_steps() and time.monotonic() < until:
            time.sleep(_PAUSE_S)

    def _take_steps(self) -> bool:
        """Take one step of each repair that is due; tell whether there was any."""
        steps = [self._step(row) for row in self._list_due()]
        return any(steps)

    def _list_due(self) -> Sequence[sa.Row[Any]]:
        """List repairs whose next step is this worker's to take.

        A time further ahead than any is set to was set by a clock that went wrong.
        """
        now = _now()
        with self._database.read() as connection:
            return connection.execute(
                _REPAIRS.where(
                    ~RepairRow.due_at.between(now, now + _LONGEST),
                    (RepairRow.holder == self._holder)
                    | RepairRow.held_until.is_(None)
                    | ~RepairRow.held_until.between(now, now + _LONGEST),
                )
            ).all()

    def _step(self, row: sa.Row[Any]) -> bool:
        """Take one step, if there is one to take; tell so."""
        try:
            return self._try_step(row)
        except EndpointUnknown:
            return self._move(row, {"state": CANCELLED, "finished_at": _now()})
        except DatabaseUnavailable:
            raise
        except Exception:  # noqa: BLE001 - one repair that is broken stops no other
            _log.exception("repair_failed", repair_id=str(row.uuid))
            self._move(row, {"due_at": _now() + _REST})
            return False

    def _try_step(self, row: sa.Row[Any]) -> bool:
        with self._database.read() as connection:
            endpoint = self._endpoint_of(connection, row)
            if endpoint is not None and not endpoint.enabled:
                return False
            work = work_of(
                parse_selection(row),
                endpoint=endpoint,
                end=row.created_at,
                recorder=self._recorder,
                outbox=self._outbox,
            )
            limit = _COUNT_AT_ONCE if row.state == COUNTING else _room(connection, row)
            if limit <= 0:
                return False
            part = work.look(connection, row.cursor, limit)
        if row.state == COUNTING:
            return self._move(row, _counted(row, part))
        return self._move(row, _gone_on(row, part), work, part.items)

    def _endpoint_of(
        self, connection: sa.Connection, row: sa.Row[Any]
    ) -> Endpoint | None:
        if row.endpoint_uuid is None:
            return None
        return self._endpoints.get(connection, row.endpoint_uuid)

    def _move(
        self,
        row: sa.Row[Any],
        changes: dict[str, Any],
        work: Work[Any] | None = None,
        items: Sequence[Any] = (),
    ) -> bool:
        """Move a repair on and do *work*, unless it is no longer where it was."""
        now = _now()
        with self._database.transaction() as transaction:
            moved = transaction.execute(
                sa.update(RepairRow)
                .where(
                    RepairRow.id == row.id,
                    RepairRow.state == row.state,
                    RepairRow.cursor == row.cursor,
                )
                .values(
                    updated_at=now,
                    holder=self._holder,
                    held_until=now + _HOLD,
                    **changes,
                )
            )
            if moved.rowcount and work and items:
                work.do(transaction, items)
        return bool(moved.rowcount)


_REPAIRS = (
    sa.select(RepairRow.__table__, EndpointRow.uuid.label("endpoint_uuid"))
    .join(EndpointRow, EndpointRow.id == RepairRow.endpoint_id, isouter=True)
    .where(IS_ACTIVE)
    .order_by(RepairRow.id)
)


def _counted(row: sa.Row[Any], part: Part[Any]) -> dict[str, Any]:
    total = row.total + len(part.items)
    if part.cursor is not None:
        return {"total": total, "cursor": part.cursor}
    if total:
        return {"total": total, "cursor": START, "state": RUNNING}
    return {"state": DONE, "finished_at": _now()}


def _gone_on(row: sa.Row[Any], part: Part[Any]) -> dict[str, Any]:
    changes = {"done": row.done + len(part.items), "due_at": _due_at(row, part)}
    if part.cursor is None:
        return changes | {"state": DONE, "finished_at": _now()}
    return changes | {"cursor": part.cursor}


def _due_at(row: sa.Row[Any], part: Part[Any]) -> datetime:
    """Return when the next step may be taken: time that was lost is not made up for."""
    begin: datetime = row.due_at
    if row.rate is None:
        return begin
    begin = max(begin, _now() - timedelta(seconds=_STEP_S))
    return begin + timedelta(seconds=len(part.items) / row.rate)


def _room(connection: sa.Connection, row: sa.Row[Any]) -> int:
    """Return how many items the next step may have; none while the endpoint is busy."""
    room = _AT_ONCE
    if row.rate is not None:
        room = min(room, max(int(row.rate * _STEP_S), 1))
    if row.endpoint_id is None:
        return room
    due = (
        sa.select(DeliveryRow.id)
        .where(DeliveryRow.endpoint_id == row.endpoint_id, DeliveryRow.due_at <= _now())
        .limit(MAX_DUE)
    )
    count = sa.select(sa.func.count()).select_from(due.subquery())
    return min(room, MAX_DUE - (connection.scalar(count) or 0))


def _now() -> datetime:
    return datetime.now(UTC)
