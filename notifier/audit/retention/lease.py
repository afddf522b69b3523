"""The lease: at most one process goes by the rules at a time.

It is like those of endpoints: an end that is further off than leases last was set by a
clock that went wrong, and does not count. Whoever has lost it without knowing, being
stopped for a while, finds out in the transaction in which that matters: `require`.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.retention.rulebook import ROW
from notifier.audit.retention.tables import RetentionRow
from notifier.db import Transaction, insert

RENEW_EVERY_S: Final = 5.0

_LEASE = timedelta(seconds=30)
_LONGEST = 2 * _LEASE


class LeaseLost(Exception):
    """Another process goes by the rules now."""


def take(transaction: Transaction, holder: UUID, now: datetime) -> bool:
    """Take the lease, if nobody else has it; tell whether *holder* has it now."""
    values = {"holder": holder, "held_until": now + _LEASE}
    is_free = (
        RetentionRow.held_until.is_(None)
        | (RetentionRow.holder == holder)
        | ~RetentionRow.held_until.between(now, now + _LONGEST)
    )
    taken = transaction.execute(
        insert(transaction.connection, RetentionRow)
        .values(id=ROW, **values)
        .on_conflict_do_update(
            index_elements=[RetentionRow.id], set_=values, where=is_free
        )
        .returning(RetentionRow.id)
    )
    return taken.one_or_none() is not None


def renew(transaction: Transaction, holder: UUID, now: datetime) -> bool:
    """Renew the lease, unless another has had it meanwhile; tell so.

    What *holder* knows may be old then, though it could take the lease again.
    """
    renewed = transaction.execute(
        sa.update(RetentionRow)
        .where(RetentionRow.id == ROW, RetentionRow.holder == holder)
        .values(held_until=now + _LEASE)
    )
    return bool(renewed.rowcount)


def require(transaction: Transaction, holder: UUID) -> None:
    """Keep the lease till the transaction ends; raise `LeaseLost` if it is lost."""
    found = transaction.execute(_HOLDER).scalar_one_or_none()
    if found != holder:
        raise LeaseLost


def release(transaction: Transaction, holder: UUID) -> None:
    """Give the lease back, if *holder* still has it."""
    transaction.execute(
        sa.update(RetentionRow)
        .where(RetentionRow.id == ROW, RetentionRow.holder == holder)
        .values(holder=None, held_until=None)
    )


_HOLDER = sa.select(RetentionRow.holder).where(RetentionRow.id == ROW).with_for_update()
