"""Changes of tags, as the log has them: their pushes and deletes."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from notifier.db import Prepared
from notifier.events.event import Action
from notifier.events.tables import ACTIONS, HAS_TAG, IS_CHANGE, EventRow

PUSH: Final = ACTIONS[Action.PUSH]
DELETE: Final = ACTIONS[Action.DELETE]

_FIRST: Final = UUID(int=0)
_LAST: Final = UUID(int=2**128 - 1)


class ChangeRow(NamedTuple):
    """A push or a delete of a tag, by the numbers of its row."""

    id: UUID
    repository_id: int
    tag: str
    action: int
    digest_id: int | None
    timestamp_ns: int
    actor_text: int | None

    def is_push_of(self, digest_id: int | None) -> bool:
        """Tell whether the tag points to that digest after it."""
        return self.action == PUSH and self.digest_id == digest_id


def list_before(
    connection: sa.Connection,
    repository_id: int,
    tag: str,
    high: UUID | None = None,
    *,
    limit: int,
) -> Sequence[ChangeRow]:
    """Return the latest changes of a tag with ids below *high*, the newest first."""
    rows = _BEFORE.all(
        connection,
        repository_id=repository_id,
        tag=tag,
        low=_FIRST,
        high=_LAST if high is None else high,
        limit=limit,
    )
    return [ChangeRow(*row) for row in rows]


def find_end(
    connection: sa.Connection,
    repository_id: int,
    tag: str,
    low: UUID,
    digest_id: int | None,
) -> ChangeRow | None:
    """Return the first change from the id *low* on that points a tag elsewhere."""
    row = _END.first(
        connection,
        repository_id=repository_id,
        tag=tag,
        low=low,
        high=_LAST,
        digest_id=digest_id,
    )
    return None if row is None else ChangeRow(*row)


def _hidden(column: "sa.ColumnElement[Any]") -> "sa.ScalarSelect[Any]":
    """Return a parameter for a value of *column*, by its name.

    A subquery hides the value from PostgreSQL's planner, see `audit.questions`.
    """
    bound = sa.bindparam(column.key, type_=column.type)
    return sa.select(bound).scalar_subquery()


_COLUMNS: Final = EventRow.__table__.c
_CHANGES = sa.select(
    EventRow.id,
    EventRow.repository_id,
    EventRow.tag,
    EventRow.action,
    EventRow.digest_id,
    EventRow.timestamp_ns,
    EventRow.actor_text,
).where(
    EventRow.repository_id == _hidden(_COLUMNS.repository_id),
    EventRow.tag == _hidden(_COLUMNS.tag),
    EventRow.id >= sa.bindparam("low", type_=EventRow.id.type),
    EventRow.id < sa.bindparam("high", type_=EventRow.id.type),
    EventRow.action.in_((sa.literal(PUSH), sa.literal(DELETE))),
    # A partial index is taken only where its conditions are repeated.
    sa.text(IS_CHANGE),
    sa.text(HAS_TAG),
)
_BEFORE = Prepared(
    _CHANGES.order_by(EventRow.id.desc()).limit(
        sa.bindparam("limit", type_=sa.Integer())
    )
)
# What points the tag elsewhere.
_END = Prepared(
    _CHANGES.where(
        sa.or_(
            EventRow.action == DELETE,
            EventRow.digest_id.is_distinct_from(
                sa.bindparam("digest_id", type_=sa.Integer())
            ),
        )
    )
    .order_by(EventRow.id)
    .limit(1)
)
