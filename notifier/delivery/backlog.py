"""The outbox from outside: how much is still to be delivered, and since when."""

from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa

from notifier.delivery.tables import DELIVERED, PENDING, DeliveryRow

# SQLite takes a partial index only where its condition is repeated word for word.
_PENDING = (
    DeliveryRow.state == sa.literal_column(str(PENDING)),
    DeliveryRow.state != sa.literal_column(str(DELIVERED)),
)
_COUNT = sa.select(sa.func.count()).select_from(DeliveryRow).where(*_PENDING)
_OLDEST = sa.select(DeliveryRow.id).where(*_PENDING).order_by(DeliveryRow.id).limit(1)


class Backlog(NamedTuple):
    """How many deliveries are pending, and for how many seconds the oldest is."""

    deliveries: int
    oldest_s: float


def get_backlog(connection: sa.Connection) -> Backlog:
    """Measure the outbox."""
    oldest = connection.scalar(_OLDEST)
    if oldest is None:
        return Backlog(0, 0.0)
    # The id of a delivery begins with the time of its making: see `notifier.ids`.
    age_s = datetime.now(UTC).timestamp() - (oldest.int >> 80) / 1000
    return Backlog(connection.scalar(_COUNT) or 0, max(age_s, 0.0))
