"""Repositories: when each was last pushed to and pulled from, and how often.

They are those that the log knows, be they of this registry or of another.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from notifier.audit.timelines.errors import RepositoryUnknown
from notifier.audit.timelines.pages import take_page
from notifier.audit.timelines.selection import Selection
from notifier.audit.timelines.tables import ALL_MANIFESTS, UsageRow
from notifier.audit.timelines.usage import COLUMNS, Usage, find_usage, usage_of
from notifier.db import Prepared
from notifier.events.record import Recorder
from notifier.registry.repositories import Repository

# How many repositories one page may pass over.
_WINDOW: Final = 2000
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedRepository:
    """A repository, and the usage of all its manifests together."""

    number: int
    name: str
    usage: Usage


def list_used(
    connection: sa.Connection,
    selection: Selection,
    *,
    limit: int,
    after: str = "",
) -> tuple[Sequence[UsedRepository], str | None]:
    """Return up to *limit* repositories by name, and the name after which it goes on.

    A page may be short, or empty, and still have a next.
    """
    return take_page(_passed(connection, selection, after), limit=limit, window=_WINDOW)


def _passed(
    connection: sa.Connection, selection: Selection, after: str
) -> Iterator[tuple[str, UsedRepository | None]]:
    while rows := _REPOSITORIES.all(connection, after=after, limit=_AT_ONCE):
        for number, name, *counts in rows:
            usage = usage_of(counts)
            wanted = selection.includes(name) and not selection.is_used(usage)
            found = UsedRepository(number=number, name=name, usage=usage)
            yield name, found if wanted else None
        after = rows[-1][1]


def get_used(
    connection: sa.Connection, recorder: Recorder, name: str
) -> UsedRepository:
    """Return a repository; raise `RepositoryUnknown`."""
    number = recorder.repositories.find(connection, name)
    if number is None:
        raise RepositoryUnknown
    usage = find_usage(connection, ALL_MANIFESTS, number)
    return UsedRepository(number=number, name=name, usage=usage)


_REPOSITORIES = Prepared(
    sa.select(Repository.id, Repository.name, *COLUMNS)
    .outerjoin(
        UsageRow,
        sa.and_(
            UsageRow.digest_id == sa.literal_column(str(ALL_MANIFESTS)),
            UsageRow.repository_id == Repository.id,
        ),
    )
    .where(Repository.name > sa.bindparam("after"))
    .order_by(Repository.name)
    .limit(sa.bindparam("limit", type_=sa.Integer()))
)
