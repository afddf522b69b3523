"""Usage: how often something was pulled, and when; by the day, and by which clients."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Self

import sqlalchemy as sa

from notifier.audit.timelines.tables import ClientRow, DailyPullsRow, UsageRow
from notifier.db import Prepared, PreparedIn

_EPOCH: Final = date(1970, 1, 1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How often something was pulled, and when; and when it was last pushed.

    Times count nanoseconds since 1970.
    """

    pulls: int = 0
    pushed_ns: int | None = None
    first_pulled_ns: int | None = None
    last_pulled_ns: int | None = None

    @classmethod
    def sum(cls, parts: Iterable["Usage"]) -> Self:
        """Return the usage of several things as that of one."""
        parts = list(parts)

        def times(name: str) -> list[int]:
            return [at for part in parts if (at := getattr(part, name)) is not None]

        return cls(
            pulls=sum(part.pulls for part in parts),
            pushed_ns=max(times("pushed_ns"), default=None),
            first_pulled_ns=min(times("first_pulled_ns"), default=None),
            last_pulled_ns=max(times("last_pulled_ns"), default=None),
        )


@dataclass(frozen=True, slots=True)
class Day:
    """The pulls of one day, in UTC, by each of the *clients*, the most first."""

    day: date
    clients: Mapping[str, int]

    @property
    def pulls(self) -> int:
        """Return how many there were."""
        return sum(self.clients.values())


def find_usage(connection: sa.Connection, digest_id: int, repository_id: int) -> Usage:
    """Return the usage of a digest in a repository, or of `ALL_MANIFESTS`."""
    row = _USAGE.first(connection, digest_id=digest_id, repository_id=repository_id)
    return Usage() if row is None else usage_of(row)


def list_usages(
    connection: sa.Connection, digest_id: int, *, limit: int
) -> Mapping[int, Usage]:
    """Return the usage of a digest in up to *limit* repositories, by their numbers."""
    rows = _USAGES.all(connection, digest_id=digest_id, limit=limit)
    return {repository: usage_of(usage) for repository, *usage in rows}


def list_days(
    connection: sa.Connection,
    digest_id: int,
    repository_ids: Sequence[int],
    last: date,
    count: int,
) -> Sequence[Day]:
    """Return the last *count* days until *last*, the newest first, that have pulls."""
    if not repository_ids:
        return []
    until = (last - _EPOCH).days
    rows = _DAYS.all(
        connection,
        repository_ids,
        digest_id=digest_id,
        since=until - count + 1,
        until=until,
    )
    names = dict(_CLIENTS.all(connection))
    days: dict[int, Counter[str]] = {}
    for day, client, pulls in rows:
        days.setdefault(day, Counter())[names[client]] += int(pulls)
    return [
        Day(_EPOCH + day * _DAY, dict(clients.most_common()))
        for day, clients in sorted(days.items(), reverse=True)
    ]


def usage_of(row: Sequence[Any]) -> Usage:
    """Make it of the values of `COLUMNS`, which may all be NULL."""
    pulls, pushed_ns, first_pulled_ns, last_pulled_ns = row
    return Usage(
        pulls=pulls or 0,
        pushed_ns=pushed_ns,
        first_pulled_ns=first_pulled_ns,
        last_pulled_ns=last_pulled_ns,
    )


COLUMNS: Final = (
    UsageRow.pulls,
    UsageRow.pushed_ns,
    UsageRow.first_pulled_ns,
    UsageRow.last_pulled_ns,
)
_DIGEST: Final = sa.bindparam("digest_id", type_=sa.Integer())
_USAGE = Prepared(
    sa.select(*COLUMNS).where(
        UsageRow.digest_id == _DIGEST,
        UsageRow.repository_id == sa.bindparam("repository_id"),
    )
)
_USAGES = Prepared(
    sa.select(UsageRow.repository_id, *COLUMNS)
    .where(UsageRow.digest_id == _DIGEST)
    .order_by(UsageRow.repository_id)
    .limit(sa.bindparam("limit", type_=sa.Integer()))
)
_DAYS = PreparedIn(
    DailyPullsRow.repository_id,
    lambda is_one: (
        sa.select(
            DailyPullsRow.day, DailyPullsRow.client_id, sa.func.sum(DailyPullsRow.pulls)
        )
        .where(
            DailyPullsRow.digest_id == _DIGEST,
            is_one,
            DailyPullsRow.day >= sa.bindparam("since"),
            DailyPullsRow.day <= sa.bindparam("until"),
        )
        .group_by(DailyPullsRow.day, DailyPullsRow.client_id)
    ),
)
_CLIENTS = Prepared(sa.select(ClientRow.id, ClientRow.name))
