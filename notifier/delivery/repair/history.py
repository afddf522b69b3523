"""The log as a replay reads it: event by event, or the latest push of each tag."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import sqlalchemy as sa

from notifier.delivery.filters import Filters
from notifier.delivery.repair.places import Statement, along, last_id_before
from notifier.delivery.repair.selection import EventSelection
from notifier.delivery.repair.work import WINDOW
from notifier.delivery.rules import ALL, expand_actions
from notifier.events.event import Action, Kind
from notifier.events.tables import ACTIONS, HAS_TAG, IS_CHANGE, KINDS, EventRow
from notifier.globs import matches
from notifier.ids import first_id
from notifier.registry.repositories import Repository
from notifier.registry.tags import Tag

_READ_AT_ONCE = 500
_TAGS_AT_ONCE = 200
# Beyond these, it costs more to name the repositories than to look at their events.
_MAX_KNOWN = 10_000
_MAX_NAMED = 500
_GLOB = "*"


class Stretch(NamedTuple):
    """Rows of events, the cursor after each of them, and that after them all.

    The last one is None at the end of the log.
    """

    rows: Sequence[sa.Row[Any]]
    cursors: Sequence[str]
    end: str | None


class Reader(Protocol):
    """Reads the log in some order."""

    def read(self, connection: sa.Connection, cursor: str) -> Stretch:
        """Read on after *cursor*, which begins empty."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The events of a time, the oldest first, but those that no *filters* let pass.

    It leaves out what it can tell from a row alone; the rest is for the caller.
    """

    selection: EventSelection
    filters: Sequence[Filters]
    end: datetime

    def read(self, connection: sa.Connection, cursor: str) -> Stretch:
        """Read some events."""
        low = UUID(cursor) if cursor else last_id_before(self.selection.since)
        high = first_id(min(self.selection.until or self.end, self.end))
        repositories = _list_repositories(connection, self.filters)
        if repositories == []:
            return Stretch([], [], None)
        leader = None
        if repositories is not None and len(repositories) == 1:
            leader = EventRow.repository_id, repositories[0]
        ids = along(sa.select(EventRow.id), EventRow.id, low, high, leader)
        window_end = connection.scalar(ids.offset(WINDOW - 1).limit(1))
        if window_end is not None:
            high = UUID(int=window_end.int + 1)
        whole = along(sa.select(EventRow.__table__), EventRow.id, low, high, leader)
        rows = connection.execute(
            whole.where(*_conditions(self.filters, repositories)).limit(_READ_AT_ONCE)
        ).all()
        cursors = [str(row.id) for row in rows]
        if len(rows) == _READ_AT_ONCE:
            return Stretch(rows, cursors, cursors[-1])
        return Stretch(rows, cursors, None if window_end is None else str(window_end))


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestPushes:
    """The latest push of each tag that is there now, in the tags' order."""

    selection: EventSelection
    end: datetime

    def read(self, connection: sa.Connection, cursor: str) -> Stretch:
        """Read the pushes of some tags."""
        low = last_id_before(self.selection.since)
        high = first_id(min(self.selection.until or self.end, self.end))
        tags = connection.execute(_tags_after(cursor)).all()
        cursors = {tag.push: f"{tag.repository_id}:{tag.name}" for tag in tags}
        pushes = [tag.push for tag in tags if tag.push and low < tag.push < high]
        found = connection.execute(_EVENTS, {"ids": pushes}).all()
        by_id = {row.id: row for row in found}
        rows = [by_id[id_] for id_ in pushes]
        is_end = len(tags) < _TAGS_AT_ONCE
        return Stretch(
            rows,
            [cursors[row.id] for row in rows],
            None if is_end else f"{tags[-1].repository_id}:{tags[-1].name}",
        )


_EVENTS = sa.select(EventRow.__table__).where(
    EventRow.id.in_(sa.bindparam("ids", expanding=True))
)
_LATEST_PUSH = (
    sa.select(EventRow.id)
    .where(
        EventRow.repository_id == Tag.repository_id,
        EventRow.tag == Tag.name,
        EventRow.action == ACTIONS[Action.PUSH],
        # A partial index is taken only where its conditions are repeated.
        sa.text(IS_CHANGE),
        sa.text(HAS_TAG),
        # Each push has one. Of all else, the index by repository knows, too, which
        # leads through what millions of pulls have left there.
        EventRow.digest_id.is_not(None),
    )
    .order_by(EventRow.id.desc())
    .limit(1)
    .scalar_subquery()
)


def _tags_after(cursor: str) -> Statement:
    statement: Statement = (
        sa.select(Tag.repository_id, Tag.name, _LATEST_PUSH.label("push"))
        .order_by(Tag.repository_id, Tag.name)
        .limit(_TAGS_AT_ONCE)
    )
    if not cursor:
        return statement
    repository_id, _, name = cursor.partition(":")
    place = sa.tuple_(Tag.repository_id, Tag.name)
    return statement.where(place > sa.tuple_(int(repository_id), name))


def _list_repositories(
    connection: sa.Connection, all_filters: Sequence[Filters]
) -> Sequence[int] | None:
    """List the repositories whose events may pass; None if they are too many to name.

    Their globs are matched here once, and not for each event.
    """
    wanted = [filters.repositories for filters in all_filters if filters.repositories]
    if not wanted:
        return None
    statement = sa.select(Repository.id, Repository.name).limit(_MAX_KNOWN + 1)
    if len(wanted[0]) == 1 and _GLOB not in wanted[0][0]:
        statement = statement.where(Repository.name == wanted[0][0])
    rows = connection.execute(statement).all()
    found = [
        row.id
        for row in rows
        if all(any(matches(glob, row.name) for glob in globs) for globs in wanted)
    ]
    is_known = len(rows) <= _MAX_KNOWN and len(found) <= _MAX_NAMED
    return found if is_known else None


def _conditions(
    all_filters: Sequence[Filters], repositories: Sequence[int] | None
) -> Iterator[sa.ColumnElement[bool]]:
    if repositories is not None:
        yield EventRow.repository_id.in_(repositories)
    # What no filters name is neither tests nor operational.
    for actions in [filters.actions for filters in all_filters] or [(ALL,)]:
        named = expand_actions(actions)
        yield EventRow.action.in_([ACTIONS[Action(action)] for action in named])
    for filters in all_filters:
        if filters.kinds and ALL not in filters.kinds:
            yield EventRow.kind.in_([KINDS[Kind(kind)] for kind in filters.kinds])
