"""Holding: old events that something new is about to refer to stay in the log."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from notifier.db import PreparedIn, Transaction
from notifier.events.tables import EventRow


def hold_events(transaction: Transaction, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of *ids* that are in the log; till the transaction ends, they stay.

    Whoever wants to delete them waits, and sees then what refers to them.
    """
    return {id_ for (id_,) in _HELD.all(transaction.connection, ids)}


_HELD = PreparedIn(
    EventRow.id,
    lambda is_one: (
        sa.select(EventRow.id)
        .where(is_one)
        .order_by(EventRow.id)
        .with_for_update(read=True, key_share=True)
    ),
)
