"""Supersession: what waits to tell of a tag is pointless when that moves again."""

import sqlalchemy as sa

from notifier.db import Transaction
from notifier.delivery import leases
from notifier.delivery.tables import CANCELLED, PENDING, DeliveryRow
from notifier.events.event import Event, TagChange
from notifier.events.tables import EventRow

# The index on lanes has this condition, word for word.
_IS_PENDING = DeliveryRow.state == sa.literal_column(str(PENDING))


def cancel_superseded(
    transaction: Transaction, endpoint_key: int, lane: int, event: Event
) -> None:
    """Cancel what an endpoint has not got yet about the tag that *event* moves.

    What is in flight just now is delivered all the same, if the endpoint accepts it.
    """
    if event.tag_change not in {TagChange.NEW, TagChange.MOVED}:
        return
    leases.lock(transaction.connection, endpoint_key)
    tells_of_tag = sa.exists().where(
        EventRow.id == DeliveryRow.event_id, EventRow.tag == event.target.tag
    )
    transaction.execute(
        sa.update(DeliveryRow)
        .where(
            DeliveryRow.endpoint_id == endpoint_key,
            DeliveryRow.lane == lane,
            _IS_PENDING,
            tells_of_tag,
        )
        .values(state=CANCELLED, due_at=None)
    )
