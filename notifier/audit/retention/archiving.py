"""Archiving: what a run finds past its time is written to a file, to leave then."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.retention import lease, moves, runs
from notifier.audit.retention.archive import Archive
from notifier.audit.retention.deadlines import Deadlines
from notifier.audit.retention.doubles import Doubles
from notifier.audit.retention.files import Files
from notifier.audit.retention.gathering import Gathering
from notifier.audit.retention.pace import Pace
from notifier.audit.retention.rulebook import ROW
from notifier.audit.retention.runs import Run
from notifier.audit.retention.search import Search
from notifier.audit.retention.tables import DONE, ArchiveRow, RetentionRow
from notifier.db import Database, Transaction
from notifier.events.lines import Recorded
from notifier.events.record import Recorder
from notifier.ids import uuid7

Parts = Iterable[Sequence[Recorded]]


class Archiving:
    """Goes on with runs, one archive in a step, as long as *guard* does not raise.

    *holder* has to have the lease.
    """

    def __init__(
        self,
        *,
        database: Database,
        recorder: Recorder,
        files: Files,
        holder: UUID,
        guard: Callable[[], None],
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._files = files
        self._holder = holder
        self._guard = guard

    def step(self, run: Run, pace: Pace) -> None:
        """Write down a run's next archive, or look further, or end the run.

        Raises `LeaseLost`, `StorageFull`, and what the guard raises; nothing is changed
        then, but for a file that is removed when the next one is begun.
        """
        gathering = self._gathering(run)
        parts = gathering.parts(pace)
        first = next(parts, None)
        if first is None:
            with self._database.transaction() as transaction:
                lease.require(transaction, self._holder)
                _move(transaction, run, gathering)
            return
        archive = self._write(chain([first], parts))
        with self._database.transaction() as transaction:
            lease.require(transaction, self._holder)
            # A run that was cancelled takes nothing away any more.
            if _move(transaction, run, gathering, archive):
                moves.add_archive(transaction, archive)

    def _gathering(self, run: Run) -> Gathering:
        with self._database.read() as connection:
            away = moves.list_away(connection)
        return Gathering(
            database=self._database,
            recorder=self._recorder,
            search=Search(Deadlines(self._recorder, run.rules, run.created_at), away),
            doubles=Doubles(self._database, self._files),
            cursor=run.cursor,
            guard=self._guard,
            secure=lambda transaction: lease.require(transaction, self._holder),
        )

    def _write(self, parts: Parts) -> Archive:
        """Write a file; whoever finds no archive of it later removes it."""
        id_ = uuid7()
        with self._database.transaction() as transaction:
            lease.require(transaction, self._holder)
            left = transaction.execute(_LEFT).scalar_one_or_none()
            if left is not None:
                # Within the transaction: nobody else can be writing it now.
                self._files.remove(left)
            transaction.execute(_WRITING, {"writing": id_})
        return self._files.write(id_, parts)


_WRITING = (
    sa.update(RetentionRow)
    .where(RetentionRow.id == ROW)
    .values(writing=sa.bindparam("writing"))
)
# The file that was begun last, if it has come to nothing.
_LEFT = sa.select(RetentionRow.writing).where(
    RetentionRow.id == ROW,
    RetentionRow.writing.is_not(None),
    ~sa.exists().where(ArchiveRow.id == RetentionRow.writing),
)


def _move(
    transaction: Transaction,
    run: Run,
    gathering: Gathering,
    archive: Archive | None = None,
) -> bool:
    """Write down how far a run has come; tell whether it is still under way."""
    changes: dict[str, Any] = {
        "cursor": gathering.cursor,
        "examined": run.examined + gathering.examined,
        "waiting": run.waiting + gathering.waiting,
        "error": None,
    }
    if archive is not None:
        changes["archives"] = run.archives + 1
        changes["archived"] = run.archived + archive.events
    elif gathering.is_over:
        changes |= {"state": DONE, "finished_at": datetime.now(UTC)}
    return runs.move(transaction, run, **changes)
