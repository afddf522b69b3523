"""Quotas: how often a person may ask for a POST, whoever asks and of which process.

Each use takes some time of the endpoint's future; what is left of a minute may be used
at once. One row for each endpoint and quota, so that nothing grows.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from notifier.db import insert
from notifier.delivery.errors import QuotaExceeded
from notifier.delivery.tables import QuotaRow

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """So many uses a minute; *kind* is its number in the database."""

    kind: int
    per_minute: int


PINGS: Final = Quota(kind=1, per_minute=10)
REDELIVERIES: Final = Quota(kind=2, per_minute=60)


def use(
    connection: sa.Connection, quota: Quota, endpoint_key: int, now: datetime
) -> None:
    """Count one more use of an endpoint's quota; raise `QuotaExceeded`.

    Whoever uses the same at this moment waits for this transaction to end, and if it
    fails nothing was used.
    """
    of_quota = {"endpoint_id": endpoint_key, "kind": quota.kind}
    connection.execute(
        insert(connection, QuotaRow)
        .values(of_quota | {"used_until": now})
        .on_conflict_do_nothing()
    )
    row = sa.select(QuotaRow.used_until).filter_by(**of_quota).with_for_update()
    used_until = _plausible(connection.execute(row).scalar_one(), now)
    price = _MINUTE / quota.per_minute
    wait = used_until + price - (now + _MINUTE)
    if wait > timedelta():
        raise QuotaExceeded(quota.per_minute, math.ceil(wait.total_seconds()))
    connection.execute(
        sa.update(QuotaRow).filter_by(**of_quota).values(used_until=used_until + price)
    )


def _plausible(used_until: datetime, now: datetime) -> datetime:
    """Correct a time for clocks that differ, and for one that was set back."""
    if used_until > now + 2 * _MINUTE:
        return now
    return min(max(used_until, now), now + _MINUTE)
