"""The lists of a digest: all that may be long, each in pages of its own."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.cursor import CursorInvalid, parse_cursor, render_cursor
from notifier.audit.timelines.digest_changes import DigestChanges
from notifier.audit.timelines.digest_deliveries import (
    list_digest_deliveries,
    parse_place,
    render_place,
)
from notifier.audit.timelines.digests import UsedDigest
from notifier.audit.timelines.relations import Relations
from notifier.events.record import Recorder

_MAX_NUMBER = 2**63

Page = tuple[Sequence[Any], str | None]


class Part(StrEnum):
    """Which list."""

    CHANGES = "changes"
    TAGS = "tags"
    REPOSITORIES = "repositories"
    DELIVERIES = "deliveries"
    CHILDREN = "children"
    PARENTS = "parents"
    REFERRERS = "referrers"


class DigestLists:
    """The lists of one digest, of what is in repositories that somebody *sees*."""

    def __init__(
        self,
        connection: sa.Connection,
        recorder: Recorder,
        found: UsedDigest,
        sees: Callable[[str], bool],
    ) -> None:
        self._connection = connection
        self._recorder = recorder
        self._found = found
        self._sees = sees
        changes = DigestChanges(connection, recorder, found.number, sees)
        relations = Relations(connection, found.digest, sees)
        self._by_id = {Part.CHANGES: changes.list, Part.TAGS: changes.list_spans}
        self._by_number = {
            Part.REPOSITORIES: self._list_repositories,
            Part.CHILDREN: relations.list_children,
            Part.PARENTS: relations.list_parents,
            Part.REFERRERS: relations.list_referrers,
        }

    def page(self, part: Part, limit: int, cursor: str | None = None) -> Page:
        """Return up to *limit* items of one list, and the cursor of its next page.

        A page may be short, or empty, and still have a next. Raises `CursorInvalid`.
        """
        if part is Part.DELIVERIES:
            return self._deliveries(limit, cursor)
        # Cursors tell by eight characters which list they are of.
        listing = f"d.{part}"
        key = None if cursor is None else parse_cursor(listing, cursor)
        if part in self._by_id:
            items, next_id = self._by_id[part](limit=limit, before=key)
            return items, None if next_id is None else render_cursor(listing, next_id)
        after = 0 if key is None else key.int
        if after >= _MAX_NUMBER:
            raise CursorInvalid
        items, next_ = self._by_number[part](limit=limit, after=after)
        return items, None if next_ is None else render_cursor(listing, UUID(int=next_))

    def _deliveries(self, limit: int, cursor: str | None) -> Page:
        items, next_ = list_digest_deliveries(
            self._connection,
            self._recorder,
            self._found.number,
            self._sees,
            limit=limit,
            before=None if cursor is None else parse_place(cursor),
        )
        return items, next_ and render_place(next_)

    def _list_repositories(
        self, *, limit: int, after: int = 0
    ) -> tuple[Sequence[Any], int | None]:
        rest = [each for each in self._found.repositories if each.number > after]
        items = rest[:limit]
        return items, items[-1].number if len(rest) > limit else None
