"""Leases: at most one process sends the deliveries of an endpoint at a time.

A lease is on the endpoint, so that claiming deliveries writes nothing. It counts only
if its end is not too far off: when the clock was stepped back, an older lease would
seem to last for hours, and block. Some leeway is needed, because another process may
have read the clock a moment later and yet come first.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from notifier.db import Prepared
from notifier.delivery.tables import DrainRow

LEASE_S = 10.0

_LEASE = timedelta(seconds=LEASE_S)
_LONGEST = 2 * _LEASE


def take(connection: sa.Connection, key: int, holder: UUID, now: datetime) -> bool:
    """Take or renew the lease of an endpoint; tell whether *holder* has it now.

    Its row is locked until the transaction ends, either way.
    """
    taken = _TAKE.first(
        connection,
        endpoint_id=key,
        holder=holder,
        until=now + _LEASE,
        taker=holder,
        now=now,
        longest=now + _LONGEST,
    )
    return taken is not None


def release(connection: sa.Connection, key: int, holder: UUID) -> None:
    """Give the lease back, if *holder* still has it."""
    _RELEASE.run(connection, key=key, holder=holder)


def lock(connection: sa.Connection, key: int) -> None:
    """Keep a drain of this endpoint from settling until the transaction ends.

    Two that change the same deliveries in different orders would lock each other out.
    """
    connection.execute(
        sa.select(DrainRow.holder).where(DrainRow.endpoint_id == key).with_for_update()
    )


def is_live(now: datetime) -> sa.ColumnElement[bool]:
    """State that the lease of a row counts."""
    return _is_between(now, now + _LONGEST)


def list_live(connection: sa.Connection, now: datetime) -> set[int]:
    """List the endpoints whose drain is at work, and will see what is new by itself."""
    rows = _LIVE.all(connection, now=now, longest=now + _LONGEST)
    return {key for (key,) in rows}


def _is_between(now: Any, longest: Any) -> sa.ColumnElement[bool]:
    return sa.and_(DrainRow.until > now, DrainRow.until <= longest)


_TAKE = Prepared(
    lambda insert: (
        (put := insert(DrainRow))
        .on_conflict_do_update(
            index_elements=[DrainRow.endpoint_id],
            set_={"holder": put.excluded.holder, "until": put.excluded.until},
            where=(DrainRow.holder == sa.bindparam("taker"))
            | ~_is_between(sa.bindparam("now"), sa.bindparam("longest")),
        )
        .returning(DrainRow.endpoint_id)
    )
)
_LIVE = Prepared(
    sa.select(DrainRow.endpoint_id).where(
        _is_between(sa.bindparam("now"), sa.bindparam("longest"))
    )
)
_RELEASE = Prepared(
    sa.delete(DrainRow).where(
        DrainRow.endpoint_id == sa.bindparam("key"),
        DrainRow.holder == sa.bindparam("holder"),
    )
)
