"""What is due: the deliveries of an endpoint whose time has come, and whose turn it is.

The deliveries of an ordered endpoint lie in lanes, one for each repository. Only the
first one of a lane can be due, and those after it that are due as well: what stands
behind one that has failed is put off until that is tried again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from notifier.db import Prepared
from notifier.delivery.tables import PENDING, DeliveryRow, EndpointRow


class Due(NamedTuple):
    """A delivery whose time has come."""

    delivery_id: UUID
    event_id: UUID
    lane: int | None


def list_due(
    connection: sa.Connection, endpoint_key: int, now: datetime, limit: int
) -> Sequence[Due]:
    """List what an enabled endpoint is to get now, the longest due first."""
    rows = _DUE.all(connection, endpoint_key=endpoint_key, now=now, limit=limit)
    return [Due(*row) for row in rows]


def list_due_in_order(
    connection: sa.Connection, endpoint_key: int, now: datetime, limit: int
) -> Sequence[Due]:
    """List what an endpoint is to get now, each lane in the order of its events.

    Puts off what is due and has to wait for another: a transaction is needed.
    """
    due = list_due(connection, endpoint_key, now, limit)
    found = [item for item in due if item.lane is None]
    for lane in dict.fromkeys(item.lane for item in due if item.lane is not None):
        found += _advance(connection, endpoint_key, lane, now, limit)
    return found


def _advance(
    connection: sa.Connection, endpoint_key: int, lane: int, now: datetime, limit: int
) -> Iterable[Due]:
    place = {"endpoint_key": endpoint_key, "lane": lane}
    rows = _LANE.all(connection, **place, limit=limit)
    first_due_at = rows[0][2]
    if first_due_at > now:
        _PUT_OFF.run(connection, **place, now=now, until=first_due_at)
        return []
    return [
        Due(delivery_id, event_id, lane)
        for delivery_id, event_id, _ in takewhile(lambda row: row[2] <= now, rows)
    ]


# The index on lanes has this condition, word for word.
_IS_PENDING = DeliveryRow.state == sa.literal_column(str(PENDING))
_IN_LANE = (
    DeliveryRow.endpoint_id == sa.bindparam("endpoint_key"),
    DeliveryRow.lane == sa.bindparam("lane"),
    _IS_PENDING,
)
_DUE = Prepared(
    sa.select(
        DeliveryRow.id,
        DeliveryRow.event_id,
        # What is delivered once more, because somebody asked, waits for no other.
        sa.case((_IS_PENDING, DeliveryRow.lane)),
    )
    .join(
        EndpointRow,
        (EndpointRow.id == DeliveryRow.endpoint_id)
        & EndpointRow.enabled
        & EndpointRow.removed_at.is_(None),
    )
    .where(
        DeliveryRow.endpoint_id == sa.bindparam("endpoint_key"),
        DeliveryRow.due_at <= sa.bindparam("now"),
    )
    .order_by(DeliveryRow.due_at, DeliveryRow.id)
    .limit(sa.bindparam("limit"))
)
_LANE = Prepared(
    sa.select(DeliveryRow.id, DeliveryRow.event_id, DeliveryRow.due_at)
    .where(*_IN_LANE)
    .order_by(DeliveryRow.id)
    .limit(sa.bindparam("limit"))
)
_PUT_OFF = Prepared(
    sa.update(DeliveryRow)
    .where(*_IN_LANE, DeliveryRow.due_at <= sa.bindparam("now"))
    .values(due_at=sa.bindparam("until"))
)
