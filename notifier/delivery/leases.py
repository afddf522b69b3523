"""Leases: at most one process sends the deliveries of an endpoint at a time.

A lease is on the endpoint, so that claiming deliveries writes nothing. It counts only
if its end is not too far off: when the clock was stepped back, an older lease would
seem to last for hours, and block. Some leeway is needed, because another process may
have read the clock a moment later and yet come first.
"""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from notifier.db import insert
from notifier.delivery.tables import DrainRow

LEASE_S = 10.0

_LEASE = timedelta(seconds=LEASE_S)
_LONGEST = 2 * _LEASE


def take(connection: sa.Connection, key: int, holder: UUID, now: datetime) -> bool:
    """Take or renew the lease of an endpoint; tell whether *holder* has it now.

    Its row is locked until the transaction ends, either way.
    """
    statement = insert(connection, DrainRow).values(
        endpoint_id=key, holder=holder, until=now + _LEASE
    )
    taken = connection.scalar(
        statement.on_conflict_do_update(
            index_elements=[DrainRow.endpoint_id],
            set_={
                "holder": statement.excluded.holder,
                "until": statement.excluded.until,
            },
            where=(DrainRow.holder == holder) | ~is_live(now),
        ).returning(DrainRow.endpoint_id)
    )
    return taken is not None


def release(connection: sa.Connection, key: int, holder: UUID) -> None:
    """Give the lease back, if *holder* still has it."""
    connection.execute(
        sa.delete(DrainRow).where(
            DrainRow.endpoint_id == key, DrainRow.holder == holder
        )
    )


def lock(connection: sa.Connection, key: int) -> None:
    """Keep a drain of this endpoint from settling until the transaction ends.

    Two that change the same deliveries in different orders would lock each other out.
    """
    connection.execute(
        sa.select(DrainRow.holder).where(DrainRow.endpoint_id == key).with_for_update()
    )


def is_live(now: datetime) -> sa.ColumnElement[bool]:
    """State that the lease of a row counts."""
    return (DrainRow.until > now) & (DrainRow.until <= now + _LONGEST)
