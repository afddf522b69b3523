"""Statistics: how endpoints have fared in the last hour, and what they wait for."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from notifier.delivery import breakers
from notifier.delivery.breaker import BreakerState
from notifier.delivery.minutes import HOUR, Tally, minute_of
from notifier.delivery.tables import (
    DeliveryRow,
    EndpointErrorRow,
    EndpointMinuteRow,
    EndpointRow,
)
from notifier.ids import made_at

_MEDIAN, _MOST = 0.5, 0.95


class EndpointState(StrEnum):
    """Whether an endpoint is told anything: the state of its breaker, or disabled."""

    CLOSED = BreakerState.CLOSED
    OPEN = BreakerState.OPEN
    HALF_OPEN = BreakerState.HALF_OPEN
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastError:
    """The latest attempt that was not accepted, whenever that was."""

    at: datetime
    status: int | None
    error: str | None
    delivery_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """How an endpoint has fared. Shares and percentiles are None without attempts.

    *attempts* are those of the last hour, *pending* the deliveries of which one is
    still to come.
    """

    state: EndpointState
    attempts: int
    accepted: int
    success_share: float | None
    p50_ms: float | None
    p95_ms: float | None
    pending: int
    oldest_pending_at: datetime | None
    last_error: LastError | None


def get_statistics(connection: sa.Connection, key: int, now: datetime) -> Statistics:
    """Return the statistics of the endpoint of that *key*."""
    found = list_statistics(connection, now, key)
    # It may have been removed a moment ago.
    return found.get(key) or _statistics(
        EndpointState.DISABLED, Tally(), (0, None), None
    )


def list_statistics(
    connection: sa.Connection, now: datetime, key: int | None = None
) -> Mapping[int, Statistics]:
    """Return the statistics of every endpoint by its key, or of one of them."""
    tallies = _tallies(connection, now, key)
    waiting = _waiting(connection, key)
    errors = _errors(connection, key)
    return {
        each: _statistics(
            state,
            tallies.get(each, Tally()),
            waiting.get(each, (0, None)),
            errors.get(each),
        )
        for each, state in _states(connection, now, key).items()
    }


def statistics_by_name(
    connection: sa.Connection, now: datetime
) -> Mapping[str, Statistics]:
    """Return the statistics of every endpoint that was not removed, by its name."""
    found = list_statistics(connection, now)
    return {row.name: found[row.id] for row in connection.execute(_NAMES)}


_NAMES = sa.select(EndpointRow.id, EndpointRow.name).where(
    EndpointRow.removed_at.is_(None)
)


def _statistics(
    state: EndpointState,
    tally: Tally,
    waiting: tuple[int, UUID | None],
    error: LastError | None,
) -> Statistics:
    attempts = tally.accepted + tally.failed
    pending, oldest = waiting
    return Statistics(
        state=state,
        attempts=attempts,
        accepted=tally.accepted,
        success_share=tally.accepted / attempts if attempts else None,
        p50_ms=tally.percentile_ms(_MEDIAN),
        p95_ms=tally.percentile_ms(_MOST),
        pending=pending,
        oldest_pending_at=None if oldest is None else made_at(oldest),
        last_error=error,
    )


def _states(
    connection: sa.Connection, now: datetime, key: int | None
) -> dict[int, EndpointState]:
    statement = sa.select(EndpointRow.id, EndpointRow.enabled).where(
        EndpointRow.removed_at.is_(None)
    )
    enabled = {
        row.id: row.enabled
        for row in _execute(connection, statement, EndpointRow.id, key)
    }
    states = breakers.list_states(connection, now)
    return {
        each: EndpointState(states.get(each, BreakerState.CLOSED))
        if is_enabled
        else EndpointState.DISABLED
        for each, is_enabled in enabled.items()
    }


def _tallies(
    connection: sa.Connection, now: datetime, key: int | None
) -> dict[int, Tally]:
    statement = sa.select(EndpointMinuteRow.__table__).where(
        EndpointMinuteRow.minute > minute_of(now) - HOUR
    )
    tallies: dict[int, Tally] = defaultdict(Tally)
    rows = _execute(connection, statement, EndpointMinuteRow.endpoint_id, key)
    for row in rows:
        tallies[row.endpoint_id] += Tally.parse(row.accepted, row.failed, row.durations)
    return tallies


def _waiting(
    connection: sa.Connection, key: int | None
) -> dict[int, tuple[int, UUID | None]]:
    """Count what is due or to be due, along the index of just that."""
    oldest: sa.ColumnElement[Any] = sa.func.min(DeliveryRow.id)
    if connection.dialect.name == "postgresql":
        # It compares UUIDs, but before version 18 it finds no least one.
        oldest = sa.cast(sa.func.min(sa.cast(DeliveryRow.id, sa.Text)), sa.Uuid)
    statement = (
        sa.select(DeliveryRow.endpoint_id, sa.func.count(), oldest)
        .where(DeliveryRow.due_at.is_not(None))
        .group_by(DeliveryRow.endpoint_id)
    )
    rows = _execute(connection, statement, DeliveryRow.endpoint_id, key)
    return {endpoint: (count, first) for endpoint, count, first in rows}


def _errors(connection: sa.Connection, key: int | None) -> dict[int, LastError]:
    statement = sa.select(EndpointErrorRow.__table__)
    rows = _execute(connection, statement, EndpointErrorRow.endpoint_id, key)
    return {
        row.endpoint_id: LastError(
            at=row.at, status=row.status, error=row.error, delivery_id=row.delivery_id
        )
        for row in rows
    }


def _execute(
    connection: sa.Connection,
    statement: sa.Select[*tuple[Any, ...]],
    column: Any,
    key: int | None,
) -> sa.CursorResult[*tuple[Any, ...]]:
    if key is not None:
        statement = statement.where(column == key)
    return connection.execute(statement)
