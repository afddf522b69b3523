"""The breakers' rows: one for each endpoint that did not take what it was last sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from notifier.db import Prepared, Transaction
from notifier.db.base import earlier
from notifier.delivery.breaker import Breaker, BreakerState
from notifier.delivery.tables import BreakerRow

_CLOSED = Breaker()


def load(connection: sa.Connection, key: int) -> Breaker:
    """Return the breaker of an endpoint."""
    row = _LOAD.first(connection, key=key)
    if row is None:
        return _CLOSED
    failures, openings, failing_since, paused_until = row
    return Breaker(
        failures=failures,
        openings=openings,
        failing_since=failing_since,
        paused_until=paused_until,
    )


def load_all(connection: sa.Connection, keys: Sequence[int]) -> dict[int, Breaker]:
    """Return the breakers of endpoints."""
    rows = connection.execute(_ALL.where(BreakerRow.endpoint_id.in_(keys)))
    return dict.fromkeys(keys, _CLOSED) | {row.endpoint_id: _of(row) for row in rows}


def list_states(connection: sa.Connection, now: datetime) -> dict[int, BreakerState]:
    """Return the states of all breakers that have a row; the others are closed."""
    return {row.endpoint_id: _of(row).state(now) for row in connection.execute(_ALL)}


def list_paused(connection: sa.Connection, now: datetime) -> set[int]:
    """List the endpoints that are left in peace, until the sweep sees them again."""
    return {key for (key,) in _PAUSED.all(connection, now=now)}


def save(connection: sa.Connection, key: int, breaker: Breaker) -> None:
    """Keep the breaker of an endpoint. Whoever has the endpoint's lease may do so."""
    if breaker == _CLOSED:
        reset(connection, key)
        return
    _SAVE.run(
        connection,
        endpoint_id=key,
        failures=breaker.failures,
        openings=breaker.openings,
        failing_since=breaker.failing_since,
        paused_until=breaker.paused_until,
    )


def reset(connection: sa.Connection, key: int) -> None:
    """Close the breaker of an endpoint."""
    _RESET.run(connection, key=key)


def end_pause(transaction: Transaction, key: int) -> None:
    """Let the endpoint be tried at once: somebody has asked for an attempt."""
    transaction.execute(
        sa.update(BreakerRow)
        .where(BreakerRow.endpoint_id == key)
        .values(paused_until=None)
    )


def bring_forward(
    connection: sa.Connection, key: int, now: datetime, by: timedelta
) -> None:
    """Have a pause that lasts beyond *now* end so much earlier."""
    connection.execute(
        sa.update(BreakerRow)
        .where(BreakerRow.endpoint_id == key, BreakerRow.paused_until > now)
        .values(paused_until=earlier(BreakerRow.paused_until, by))
    )


def _of(row: sa.Row[Any]) -> Breaker:
    return Breaker(
        failures=row.failures,
        openings=row.openings,
        failing_since=row.failing_since,
        paused_until=row.paused_until,
    )


_ALL = sa.select(BreakerRow.__table__)
_LOAD = Prepared(
    sa.select(
        BreakerRow.failures,
        BreakerRow.openings,
        BreakerRow.failing_since,
        BreakerRow.paused_until,
    ).where(BreakerRow.endpoint_id == sa.bindparam("key"))
)
_PAUSED = Prepared(
    sa.select(BreakerRow.endpoint_id).where(
        BreakerRow.paused_until > sa.bindparam("now")
    )
)
_SAVE = Prepared(
    lambda insert: (put := insert(BreakerRow)).on_conflict_do_update(
        index_elements=[BreakerRow.endpoint_id],
        set_={
            "failures": put.excluded.failures,
            "openings": put.excluded.openings,
            "failing_since": put.excluded.failing_since,
            "paused_until": put.excluded.paused_until,
        },
    )
)
_RESET = Prepared(
    sa.delete(BreakerRow).where(BreakerRow.endpoint_id == sa.bindparam("key"))
)
