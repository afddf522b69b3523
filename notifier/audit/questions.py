"""The log's questions: each one a statement, newest first, to be run or explained.

The rows lie in three orders: by digest, by repository, and by time alone, each ending
in the event's id. A question goes along the first of these that it names, and its time
bounds cut a stretch out of that order. What else it names is compared row by row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from notifier.events.event import Action, Kind
from notifier.events.record import Recorder
from notifier.events.tables import ACTIONS, KINDS, EventRow
from notifier.ids import first_uuid7
from notifier.registry.digest import Digest

_Select = TypeVar("_Select", bound=sa.Select[Any])
_Equal = tuple[InstrumentedAttribute[Any], Any]

_FIRST = UUID(int=0)
_LAST = UUID(int=2**128 - 1)
_LEADERS = {"digest_id", "repository_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody wants to know. What is absent does not narrow it.

    Times count nanoseconds since 1970: *since_ns* is the first that is wanted,
    *until_ns* the first that is not.
    """

    digest: Digest | None = None
    repository: str | None = None
    tag: str | None = None
    actions: tuple[Action, ...] = ()
    kind: Kind | None = None
    actor: str | None = None
    media_type: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The rows of one order from the id *low* up to, but without, the id *high*.

    *order* is the column that leads the order and the value it has throughout, or
    None for the order of time. *conditions* pick rows out of the stretch.
    """

    order: _Equal | None
    low: UUID
    high: UUID
    conditions: tuple[sa.ColumnElement[bool], ...] = ()

    def entries(self, limit: int) -> sa.Select[Any]:
        """Select the rows that meet the conditions, newest first."""
        statement = self._along(sa.select(EventRow.__table__))
        return statement.where(*self.conditions).limit(limit)

    def nth(self, number: int) -> sa.Select[Any]:
        """Select the id of row *number*, the newest being 1, whatever it says."""
        return self._along(sa.select(EventRow.id)).offset(number - 1).limit(1)

    def _along(self, statement: _Select) -> _Select:
        if self.order is None:
            return statement.where(
                EventRow.id >= self.low, EventRow.id < self.high
            ).order_by(EventRow.id.desc())
        # Not `column = value ORDER BY id`: for a frequent value PostgreSQL may go along
        # the primary key and pass over what does not match, for ever if the value was
        # last seen long ago. Only one index has the order that is asked for here.
        column, value = self.order
        key = sa.tuple_(column, EventRow.id)
        return statement.where(
            key >= _key(column, value, self.low), key < _key(column, value, self.high)
        ).order_by(column.desc(), EventRow.id.desc())


def find_stretch(
    connection: sa.Connection,
    recorder: Recorder,
    question: Question,
    before: UUID | None = None,
) -> Stretch | None:
    """Return where the answer lies, or None if the log has never seen what is named.

    With *before*, only what is older than that event counts.
    """
    equals = list(_equals(connection, recorder, question))
    if any(value is None for _, value in equals):
        return None
    leads = bool(equals) and equals[0][0].key in _LEADERS
    order = equals.pop(0) if leads else None
    conditions = [column == value for column, value in equals]
    if question.actions:
        numbers = [ACTIONS[action] for action in question.actions]
        conditions.append(EventRow.action.in_(numbers))
    return Stretch(
        order=order,
        low=_bound(question.since_ns, _FIRST),
        high=min(_bound(question.until_ns, _LAST), before or _LAST),
        conditions=tuple(conditions),
    )


def _equals(
    connection: sa.Connection, recorder: Recorder, question: Question
) -> Iterator[_Equal]:
    """Yield columns and the value they have throughout the answer, leaders first."""
    if question.digest is not None:
        number = recorder.digests.find(connection, question.digest)
        yield EventRow.digest_id, number
    if question.repository is not None:
        number = recorder.repositories.find(connection, question.repository)
        yield EventRow.repository_id, number
    if question.actor is not None:
        yield EventRow.actor_text, recorder.texts.find(connection, question.actor)
    if question.media_type is not None:
        number = recorder.texts.find(connection, question.media_type)
        yield EventRow.media_type_text, number
    if question.tag is not None:
        yield EventRow.tag, question.tag
    if question.kind is not None:
        yield EventRow.kind, KINDS[question.kind]


def _bound(at_ns: int | None, default: UUID) -> UUID:
    """Return the least id of a moment: exact to a quarter of a microsecond."""
    return default if at_ns is None else first_uuid7(max(at_ns, 0))


def _key(column: InstrumentedAttribute[Any], value: Any, id_: UUID) -> Any:
    """Return a place in the order that *column* leads.

    A subquery hides the value from PostgreSQL's planner. Else, from what it believes
    to know of the value, it may find it cheaper to sort all rows that have it.
    """
    hidden = sa.select(sa.literal(value, column.type)).scalar_subquery()
    return sa.tuple_(hidden, sa.literal(id_, EventRow.id.type))
