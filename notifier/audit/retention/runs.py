"""Runs as they are asked for, looked at and cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.retention.due import is_due
from notifier.audit.retention.errors import (
    NothingExpires,
    RunActive,
    RunFinished,
    RunUnknown,
)
from notifier.audit.retention.rulebook import (
    dump_rules,
    get_rulebook,
    lock_rulebook,
    parse_rules,
)
from notifier.audit.retention.rules import Rules
from notifier.audit.retention.tables import CANCELLED, DONE, RUNNING, RunRow
from notifier.db import Transaction
from notifier.ids import made_at, uuid7

# The workers begin one by themselves, if there is anything to go.
EVERY: Final = timedelta(days=1)
START: Final = UUID(int=0)

_KEPT = 1000


class RunState(StrEnum):
    """How far a run has come."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


_STATES = {
    RUNNING: RunState.RUNNING,
    DONE: RunState.DONE,
    CANCELLED: RunState.CANCELLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One way through the log, by the *rules* of its beginning.

    It has come to the events of *reached*, and goes on to those of *until*.
    """

    id: UUID
    state: RunState
    rules: Rules
    cursor: UUID
    examined: int
    archived: int
    waiting: int
    archives: int
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    error: str | None

    @property
    def reached(self) -> datetime | None:
        """Return how far it has come; None at the beginning."""
        return None if self.cursor == START else made_at(self.cursor)

    @property
    def until(self) -> datetime:
        """Return from when on everything is kept."""
        keeps = [rule.keep for rule in self.rules if rule.keep is not None]
        return self.created_at - min(keeps)


def create_run(transaction: Transaction) -> Run:
    """Ask for a run; a worker sees to it. Raises `RunActive` or `NothingExpires`."""
    connection = transaction.connection
    rulebook = lock_rulebook(transaction)
    if not rulebook.lets_go:
        raise NothingExpires
    if connection.scalar(_ACTIVE) is not None:
        raise RunActive
    connection.execute(
        sa.delete(RunRow).where(RunRow.id <= _OLD.scalar_subquery(), ~IS_ACTIVE)
    )
    id_, now = uuid7(), datetime.now(UTC)
    transaction.execute(
        sa.insert(RunRow).values(
            id=id_,
            state=RUNNING,
            rules=dump_rules(rulebook.rules),
            cursor=START,
            examined=0,
            archived=0,
            waiting=0,
            archives=0,
            created_at=now,
            updated_at=now,
            due_at=now,
        )
    )
    return get_run(connection, id_)


def get_run(connection: sa.Connection, id_: UUID) -> Run:
    """Return a run; raise `RunUnknown`."""
    row = connection.execute(_RUNS.where(RunRow.id == id_)).one_or_none()
    if row is None:
        raise RunUnknown
    return _run(row)


def list_runs(
    connection: sa.Connection, *, before: UUID | None = None, limit: int
) -> Sequence[Run]:
    """List runs, newest first, those asked for before the one called *before*."""
    statement = _RUNS.order_by(RunRow.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(RunRow.id < before)
    return [_run(row) for row in connection.execute(statement)]


def cancel_run(transaction: Transaction, id_: UUID) -> Run:
    """End a run. What is in archives by then stays there.

    Raises `RunUnknown` or `RunFinished`.
    """
    done = transaction.execute(_cancelling().where(RunRow.id == id_))
    run = get_run(transaction.connection, id_)
    if not done.rowcount:
        raise RunFinished
    return run


def cancel_active(transaction: Transaction) -> None:
    """End the run that is under way, if any is."""
    transaction.execute(_cancelling())


def find_due(connection: sa.Connection, now: datetime) -> Run | None:
    """Return the run that can be gone on with now, if there is one."""
    due = _RUNS.where(IS_ACTIVE, is_due(RunRow.due_at, now))
    row = connection.execute(due).first()
    return None if row is None else _run(row)


def find_active(connection: sa.Connection) -> Run | None:
    """Return the run that is under way, if there is one."""
    row = connection.execute(_RUNS.where(IS_ACTIVE)).first()
    return None if row is None else _run(row)


def is_time(connection: sa.Connection, now: datetime) -> bool:
    """Tell whether a run is to begin by itself.

    One that was begun later than now, by a clock that went wrong, does not count.
    """
    if connection.scalar(_RECENT, {"since": now - EVERY, "until": now}) is not None:
        return False
    return connection.scalar(_ACTIVE) is None and get_rulebook(connection).lets_go


def move(transaction: Transaction, run: Run, **changes: Any) -> bool:
    """Move a run on, unless it was cancelled or is no longer where it was; tell so."""
    moved = transaction.execute(
        sa.update(RunRow)
        .where(RunRow.id == run.id, RunRow.cursor == run.cursor, IS_ACTIVE)
        .values(updated_at=datetime.now(UTC), **changes)
    )
    return bool(moved.rowcount)


IS_ACTIVE = RunRow.finished_at.is_(None)
_RUNS = sa.select(RunRow.__table__)
_ACTIVE = sa.select(RunRow.id).where(IS_ACTIVE).limit(1)
_RECENT = (
    sa.select(RunRow.id)
    .where(RunRow.created_at > sa.bindparam("since"))
    .where(RunRow.created_at <= sa.bindparam("until"))
    .limit(1)
)
_OLD = sa.select(RunRow.id).order_by(RunRow.id.desc()).offset(_KEPT).limit(1)


def _cancelling() -> sa.Update:
    now = datetime.now(UTC)
    return (
        sa.update(RunRow)
        .where(IS_ACTIVE)
        .values(state=CANCELLED, updated_at=now, finished_at=now)
    )


def _run(row: sa.Row[Any]) -> Run:
    return Run(
        id=row.id,
        state=_STATES[row.state],
        rules=parse_rules(row.rules),
        cursor=row.cursor,
        examined=row.examined,
        archived=row.archived,
        waiting=row.waiting,
        archives=row.archives,
        created_at=row.created_at,
        updated_at=row.updated_at,
        finished_at=row.finished_at,
        error=row.error,
    )
