"""Repairs as they are asked for, looked at and cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from notifier.db import Transaction
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.errors import EndpointDisabled
from notifier.delivery.repair.errors import (
    RepairFinished,
    RepairUnknown,
    TooManyRepairs,
)
from notifier.delivery.repair.selection import (
    DeliverySelection,
    EventSelection,
    Selection,
)
from notifier.delivery.repair.tables import (
    CANCELLED,
    COUNTING,
    DONE,
    REDELIVERY,
    REPLAY,
    RUNNING,
    RepairRow,
)
from notifier.delivery.tables import EndpointRow
from notifier.events.event import Action
from notifier.ids import uuid7

MAX_ACTIVE = 10
MIN_RATE, MAX_RATE = 0.1, 10_000.0

_KEPT = 1000


class RepairKind(StrEnum):
    """What a repair is: deliveries made due again, or events sent at last."""

    REDELIVERY = "redelivery"
    REPLAY = "replay"


class RepairState(StrEnum):
    """How far a repair has come."""

    COUNTING = "counting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


KINDS = {RepairKind.REDELIVERY: REDELIVERY, RepairKind.REPLAY: REPLAY}

_KINDS = {number: kind for kind, number in KINDS.items()}
_SELECTIONS: dict[RepairKind, type[Selection]] = {
    RepairKind.REDELIVERY: DeliverySelection,
    RepairKind.REPLAY: EventSelection,
}
_KIND_OF = {selection: kind for kind, selection in _SELECTIONS.items()}
_STATES = {
    COUNTING: RepairState.COUNTING,
    RUNNING: RepairState.RUNNING,
    DONE: RepairState.DONE,
    CANCELLED: RepairState.CANCELLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A redelivery of many, or a replay; without an endpoint it is of all of them.

    *rate* is in deliveries a second, None for no limit. While it is counted, *total* is
    what was found so far.
    """

    id: UUID
    kind: RepairKind
    endpoint_id: UUID | None
    endpoint_name: str | None
    selection: Selection
    rate: float | None
    state: RepairState
    total: int
    done: int
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None

    def described(self) -> dict[str, Any]:
        """Say what it is, for the log: what of, to whom, how fast."""
        about = {
            "id": self.id,
            "endpoint": self.endpoint_name,
            "selection": self.selection.render(),
            "rate": self.rate,
        }
        return {self.kind.value: orjson.loads(orjson.dumps(about))}


CREATE = {
    RepairKind.REDELIVERY: Action.REDELIVERY_CREATE,
    RepairKind.REPLAY: Action.REPLAY_CREATE,
}
CANCEL = {
    RepairKind.REDELIVERY: Action.REDELIVERY_CANCEL,
    RepairKind.REPLAY: Action.REPLAY_CANCEL,
}


def create_repair(
    transaction: Transaction,
    selection: Selection,
    *,
    endpoint: Endpoint | None,
    rate: float | None = None,
) -> Repair:
    """Ask for a repair; the workers see to it.

    Raises `EndpointDisabled` or `TooManyRepairs`.
    """
    connection = transaction.connection
    if endpoint is not None and not endpoint.enabled:
        raise EndpointDisabled
    if (connection.scalar(_COUNT_ACTIVE) or 0) >= MAX_ACTIVE:
        raise TooManyRepairs(MAX_ACTIVE)
    _forget_old(connection)
    id_, now = uuid7(), datetime.now(UTC)
    kind = _KIND_OF[type(selection)]
    transaction.execute(
        sa.insert(RepairRow).values(
            uuid=id_,
            kind=KINDS[kind],
            endpoint_id=endpoint and endpoint.key,
            selection=orjson.dumps(selection.render()),
            rate=rate,
            state=COUNTING,
            total=0,
            done=0,
            cursor="",
            due_at=now,
            created_at=now,
            updated_at=now,
        )
    )
    return get_repair(connection, kind, id_)


def get_repair(connection: sa.Connection, kind: RepairKind, id_: UUID) -> Repair:
    """Return a repair; raise `RepairUnknown`."""
    statement = _of(kind).where(RepairRow.uuid == id_)
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise RepairUnknown
    return _repair(row)


def list_repairs(
    connection: sa.Connection,
    kind: RepairKind,
    *,
    endpoint: UUID | None = None,
    before: UUID | None = None,
    limit: int,
) -> Sequence[Repair]:
    """List repairs, newest first, those asked for before the one called *before*."""
    statement = _of(kind).order_by(RepairRow.uuid.desc()).limit(limit)
    if endpoint is not None:
        statement = statement.where(EndpointRow.uuid == endpoint)
    if before is not None:
        statement = statement.where(RepairRow.uuid < before)
    return [_repair(row) for row in connection.execute(statement)]


def cancel_repair(transaction: Transaction, kind: RepairKind, id_: UUID) -> Repair:
    """Take no further step. What was made due by then is still sent.

    Raises `RepairUnknown` or `RepairFinished`.
    """
    now = datetime.now(UTC)
    done = transaction.execute(
        sa.update(RepairRow)
        .where(RepairRow.uuid == id_, RepairRow.kind == KINDS[kind], IS_ACTIVE)
        .values(state=CANCELLED, updated_at=now, finished_at=now)
    )
    repair = get_repair(transaction.connection, kind, id_)
    if not done.rowcount:
        raise RepairFinished
    return repair


IS_ACTIVE = RepairRow.finished_at.is_(None)
_COUNT_ACTIVE = sa.select(sa.func.count()).select_from(RepairRow).where(IS_ACTIVE)
_REPAIRS = sa.select(
    RepairRow.__table__, EndpointRow.uuid.label("endpoint_uuid"), EndpointRow.name
).join(EndpointRow, EndpointRow.id == RepairRow.endpoint_id, isouter=True)
_OLD = sa.select(RepairRow.uuid).order_by(RepairRow.uuid.desc()).offset(_KEPT).limit(1)


def _of(kind: RepairKind) -> "sa.Select[Any]":
    return _REPAIRS.where(RepairRow.kind == KINDS[kind])


def _forget_old(connection: sa.Connection) -> None:
    """Keep the newest ones, and what is under way."""
    connection.execute(
        sa.delete(RepairRow).where(RepairRow.uuid <= _OLD.scalar_subquery(), ~IS_ACTIVE)
    )


def _repair(row: sa.Row[Any]) -> Repair:
    kind = _KINDS[row.kind]
    return Repair(
        id=row.uuid,
        kind=kind,
        endpoint_id=row.endpoint_uuid,
        endpoint_name=row.name,
        selection=parse_selection(row),
        rate=row.rate,
        state=_STATES[row.state],
        total=row.total,
        done=row.done,
        created_at=row.created_at,
        updated_at=row.updated_at,
        finished_at=row.finished_at,
    )


def parse_selection(row: sa.Row[Any]) -> Selection:
    """Return what the repair of *row* is about."""
    return _SELECTIONS[_KINDS[row.kind]].parse(orjson.loads(row.selection))
