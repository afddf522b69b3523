"""The runner: goes on with what retention has to do, in every worker.

One process at a time does, the one that has the lease. Whatever it was at when it died,
another goes on with: a file that was not finished is written anew, rows that were on
their way go on.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event
from typing import Final
from uuid import UUID

import sqlalchemy as sa
import structlog

from notifier.audit.retention import lease, moves, runs
from notifier.audit.retention.archive import Archive, ArchiveState
from notifier.audit.retention.archiving import Archiving
from notifier.audit.retention.due import AFTER_ERROR
from notifier.audit.retention.errors import NothingExpires, RunActive
from notifier.audit.retention.files import Files
from notifier.audit.retention.lease import LeaseLost
from notifier.audit.retention.pace import Pace
from notifier.audit.retention.removal import Removal
from notifier.audit.retention.restoration import Restoration
from notifier.audit.retention.runs import Run
from notifier.db import Database, DatabaseUnavailable
from notifier.events.record import Recorder
from notifier.storage import Archives

_WORK_S: Final = 1.0

# On SQLite a push waits for one batch at most, and comes before the next one. On
# PostgreSQL it waits for none, and many rows at once cost less. What reads only keeps a
# processor busy.
_CHANGE_S: Final = {"sqlite": 0.004, "postgresql": 0.02}
_READ_S: Final = 0.004
_CHANGE_RESTS: Final = 3.0
_READ_RESTS: Final = 1.0

_log = structlog.get_logger(__name__)


class Stopped(Exception):
    """The process is about to stop: what was begun is given up."""


class Runner:
    """Does what is due in one database. *holder* is its name on the lease.

    It leaves what it is at soon after *stopping* is set.
    """

    def __init__(
        self, database: Database, recorder: Recorder, storage: Archives, holder: UUID
    ) -> None:
        self.stopping = Event()
        self._database = database
        self._recorder = recorder
        self._files = Files(storage)
        self._holder = holder
        self._archiving = Archiving(
            database=database,
            recorder=recorder,
            files=self._files,
            holder=holder,
            guard=self._guard,
        )
        self._reading = Pace(_READ_S, _READ_RESTS, self.stopping)
        self._changing = Pace(_CHANGE_S[database.dialect], _CHANGE_RESTS, self.stopping)
        self._moving: tuple[Archive, Removal | Restoration] | None = None
        self._renew_at: float | None = None

    def work(self) -> None:
        """Go on for a moment, or until the next archive is written."""
        until = time.monotonic() + _WORK_S
        try:
            while self._step() and time.monotonic() < until:
                pass
        except LeaseLost:
            self._renew_at = None
        except Stopped:
            return

    def release(self) -> None:
        """Let others go on."""
        if self._renew_at is not None:
            self._renew_at = None
            with self._database.transaction() as transaction:
                lease.release(transaction, self._holder)

    def _step(self) -> bool:
        """Do one thing that is due; tell whether there was any.

        Raises `LeaseLost` if another process is at it, and `Stopped`.
        """
        with self._database.read() as connection:
            act = self._find_act(connection, datetime.now(UTC))
        if act is None:
            self.release()
            return False
        self._guard()
        act()
        return True

    def _find_act(
        self, connection: sa.Connection, now: datetime
    ) -> Callable[[], None] | None:
        """Return what is to be done now, if anything is."""
        if archive := moves.find_due(connection, now):
            return lambda: self._move(archive)
        if run := runs.find_due(connection, now):
            return lambda: self._go_on(run)
        return self._begin if runs.is_time(connection, now) else None

    def _guard(self) -> None:
        """Renew the lease from time to time; raise `LeaseLost` or `Stopped`."""
        if self.stopping.is_set():
            raise Stopped
        if self._renew_at is None or time.monotonic() >= self._renew_at:
            hold = lease.take if self._renew_at is None else lease.renew
            with self._database.transaction() as transaction:
                if not hold(transaction, self._holder, datetime.now(UTC)):
                    raise LeaseLost
            self._renew_at = time.monotonic() + lease.RENEW_EVERY_S

    def _begin(self) -> None:
        with (
            suppress(RunActive, NothingExpires),
            self._database.transaction() as transaction,
        ):
            lease.require(transaction, self._holder)
            runs.create_run(transaction)

    def _go_on(self, run: Run) -> None:
        """Go on with a run; if it cannot be now, later."""
        try:
            self._archiving.step(run, self._reading)
        except (LeaseLost, Stopped, DatabaseUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - what waits for it can wait longer
            _log.exception("retention_failed", run_id=str(run.id))
            with self._database.transaction() as transaction:
                runs.move(transaction, run, error=_say(error), due_at=_later())

    def _move(self, archive: Archive) -> None:
        """Move a few of an archive's events to or fro; if it cannot be now, later."""
        try:
            if not self._mover(archive).step(self._changing):
                self._moving = None
        except (LeaseLost, Stopped, DatabaseUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - one archive stops no other
            self._moving = None
            _log.exception("archive_failed", archive_id=str(archive.id))
            with self._database.transaction() as transaction:
                moves.put_off(transaction, archive, _later(), _say(error))

    def _mover(self, archive: Archive) -> Removal | Restoration:
        """Return what moves an archive's events: the same as before, once begun."""
        if self._moving is not None:
            begun, mover = self._moving
            if (begun.id, begun.updated_at) == (archive.id, archive.updated_at):
                return mover
        mover = (
            Removal(self._database, self._files, archive)
            if archive.state is ArchiveState.LEAVING
            else Restoration(self._database, self._recorder, self._files, archive)
        )
        self._moving = archive, mover
        return mover


def _later() -> datetime:
    return datetime.now(UTC) + AFTER_ERROR


def _say(error: Exception) -> str:
    return str(error) or type(error).__name__
