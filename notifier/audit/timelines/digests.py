"""Digests: all that is known of one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa

from notifier.audit.digests import DigestAmbiguous, DigestPrefix
from notifier.audit.timelines.digest_changes import DigestChanges
from notifier.audit.timelines.digest_order import (
    FIRST,
    LAST,
    NEWEST_FIRST,
    between,
)
from notifier.audit.timelines.errors import DigestUnknown
from notifier.audit.timelines.repositories import UsedRepository
from notifier.audit.timelines.usage import Day, Usage, list_days, list_usages
from notifier.events.event import Event
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.registry.digest import Digest

# Of content that is in more repositories, what is counted in the others is left out.
_MAX_REPOSITORIES: Final = 10_000
# If there are only pulls, so many of them are looked at to say what was pulled.
_AT_MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedDigest:
    """A digest, by its number too, and its usage in repositories that somebody sees.

    The *newest* of its events says what kind of content it is.
    """

    number: int
    digest: Digest
    newest: Event | None
    repositories: Sequence[UsedRepository]

    @property
    def usage(self) -> Usage:
        """Return its usage in all these repositories together."""
        return Usage.sum(repository.usage for repository in self.repositories)


def get_digest(
    connection: sa.Connection,
    recorder: Recorder,
    named: Digest | DigestPrefix,
    sees: Callable[[str], bool],
) -> UsedDigest:
    """Return what is known of a digest in repositories that somebody *sees*.

    It may be named by how it begins, if no other that they see begins so. Raises
    `DigestUnknown` if nothing is known, and `DigestAmbiguous`.
    """
    digests = [named] if isinstance(named, Digest) else named.find(connection)
    known = [
        found
        for digest in digests
        if (found := _find_digest(connection, recorder, digest, sees)) is not None
    ]
    if not known:
        raise DigestUnknown
    if len(known) > 1 and isinstance(named, DigestPrefix):
        raise DigestAmbiguous(named, [found.digest for found in known])
    return known[0]


def list_digest_days(
    connection: sa.Connection, found: UsedDigest, last: date, count: int
) -> Sequence[Day]:
    """Return the last *count* days until *last*, newest first, that have pulls."""
    numbers = [repository.number for repository in found.repositories]
    return list_days(connection, found.number, numbers, last, count)


def _find_digest(
    connection: sa.Connection,
    recorder: Recorder,
    digest: Digest,
    sees: Callable[[str], bool],
) -> UsedDigest | None:
    number = recorder.digests.find(connection, digest)
    if number is None:
        return None
    usages = list_usages(connection, number, limit=_MAX_REPOSITORIES)
    names = recorder.repositories.resolve(connection, usages)
    found = UsedDigest(
        number=number,
        digest=digest,
        newest=_find_newest(connection, recorder, number, sees),
        repositories=[
            UsedRepository(number=repository, name=name, usage=usage)
            for repository, usage in usages.items()
            if (name := names[repository]) is not None and sees(name)
        ],
    )
    return found if found.newest or found.repositories else None


def _find_newest(
    connection: sa.Connection,
    recorder: Recorder,
    number: int,
    sees: Callable[[str], bool],
) -> Event | None:
    """Return the newest push, mount or delete; if there is none any more, a pull."""
    changes = DigestChanges(connection, recorder, number, sees)
    [*entries], _ = changes.list(limit=1)
    if entries:
        return entries[0].event
    named = {"digest_id": number, "low": FIRST, "high": LAST}
    rows = connection.execute(_NEWEST, named).all()
    names = recorder.repositories.resolve(
        connection, {row.repository_id for row in rows}
    )
    seen = [row for row in rows if sees(names[row.repository_id] or "")]
    return recorder.events(connection, seen[:1])[0] if seen else None


_NEWEST = (
    sa.select(EventRow.__table__)
    .where(between("low", "high"))
    .order_by(*NEWEST_FIRST)
    .limit(sa.literal_column(str(_AT_MOST)))
)
