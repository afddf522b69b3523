"""A log, its archives and what goes on with them, with short words for tests."""

import gzip
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from notifier.audit.retention import archives, moves, rulebook, runs
from notifier.audit.retention.archive import Archive
from notifier.audit.retention.rules import RetentionRule, parse_keep
from notifier.audit.retention.runner import Runner
from notifier.audit.retention.runs import Run, RunState
from notifier.audit.retention.tables import ArchiveRow, RetentionRow, RunRow
from notifier.db import Database, Transaction
from notifier.delivery.tables import DeliveryRow
from notifier.events.event import Action, Event
from notifier.events.lines import Recorded, parse_recorded
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.ids import made_at, uuid7
from notifier.storage import FilesystemStorage
from tests import factories

_NS_PER_DAY = 24 * 3600 * 10**9
_PATIENCE_S = 60.0
_NOW_NS = time.time_ns()


def rule(keep: str = "90d", **lists: Sequence[str]) -> RetentionRule:
    """Make a rule."""
    return RetentionRule(
        keep=parse_keep(keep), **{key: tuple(items) for key, items in lists.items()}
    )


def old_event(
    days: float, action: Action = Action.PULL, number: int = 0, **more: Any
) -> Event:
    """Make an event of so many days ago, the *number*-th of them."""
    at_ns = _NOW_NS - int(days * _NS_PER_DAY) + number * 1_000_000
    return factories.event(action, at_ns=at_ns, **more)


def record_then(
    database: Database,
    recorder: Recorder,
    events: Sequence[Event],
    after_days: float = 0,
) -> list[UUID]:
    """Record events as if that had been when they happened, or later."""
    lines = [
        Recorded(event, made_at(event.id) + timedelta(days=after_days))
        for event in events
    ]
    with database.transaction() as transaction:
        recorder.put_back(transaction, lines)
    return [event.id for event in events]


class Site:
    """A database and a folder."""

    def __init__(
        self, database: Database, folder: Path, holder: UUID | None = None
    ) -> None:
        self.database = database
        self.folder = folder / "archives"
        self.storage = FilesystemStorage(folder)
        self.recorder = Recorder()
        self.runner = self.hire(holder)

    def hire(self, holder: UUID | None = None) -> Runner:
        """Make what another process would have."""
        return Runner(
            self.database, Recorder(), self.storage.archives, holder or uuid4()
        )

    def record(self, *events: Event, after_days: float = 0) -> list[UUID]:
        """Record events as of when they happened, or later; return their ids."""
        return record_then(self.database, self.recorder, events, after_days)

    def record_many(self, days: float, count: int, **more: Any) -> list[UUID]:
        """Record so many events of so many days ago."""
        return self.record(
            *(old_event(days, number=number, **more) for number in range(count))
        )

    def deliver(self, *ids: UUID) -> None:
        """Let the events have deliveries that have come to an end."""
        with self.database.transaction() as transaction:
            self.insert_deliveries(transaction, ids)

    def insert_deliveries(self, transaction: Transaction, ids: Sequence[UUID]) -> None:
        """Do so as a part of something."""
        transaction.execute(
            sa.insert(DeliveryRow),
            [
                {
                    "id": uuid7(),
                    "event_id": id_,
                    "endpoint_id": 1,
                    "state": 2,
                    "attempts": 1,
                }
                for id_ in ids
            ],
        )

    def forget_deliveries(self) -> None:
        """Forget all deliveries."""
        with self.database.transaction() as transaction:
            transaction.execute(sa.delete(DeliveryRow))

    def rule(self, *rules: RetentionRule) -> None:
        """Set the rules."""
        with self.database.transaction() as transaction:
            rulebook.put_rules(transaction, rules)

    def ask(self) -> Run:
        """Ask for a run."""
        with self.database.transaction() as transaction:
            return runs.create_run(transaction)

    def run(self, *rules: RetentionRule) -> Run:
        """Set rules, ask for a run, and see it done."""
        self.rule(*rules)
        run = self.ask()
        self.work()
        run = self.again(run)
        assert run.state is RunState.DONE
        return run

    def work(self, runner: Runner | None = None) -> None:
        """Go on until there is nothing to do."""
        until = time.monotonic() + _PATIENCE_S
        while self.is_busy():
            assert time.monotonic() < until
            (runner or self.runner).work()

    def is_busy(self) -> bool:
        """Tell whether something could be gone on with now."""
        now = datetime.now(UTC)
        with self.database.read() as connection:
            return bool(
                moves.find_due(connection, now) or runs.find_due(connection, now)
            )

    def again(self, run: Run) -> Run:
        """Look at a run again."""
        with self.database.read() as connection:
            return runs.get_run(connection, run.id)

    def archives(self) -> list[Archive]:
        """List the archives, the oldest first."""
        with self.database.read() as connection:
            return [*reversed(archives.list_archives(connection))]

    def restore(self, archive: Archive) -> None:
        """Have an archive's events back."""
        with self.database.transaction() as transaction:
            archives.restore(transaction, archive.id)
        self.work()

    def release(self, archive: Archive) -> None:
        """Let an archive's events go again."""
        with self.database.transaction() as transaction:
            archives.release(transaction, archive.id)
        self.work()

    def forgive_errors(self) -> None:
        """Let what was put off be due now."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        with self.database.transaction() as transaction:
            transaction.execute(sa.update(ArchiveRow).values(due_at=past))
            transaction.execute(sa.update(RunRow).values(due_at=past))

    def forget_lease(self) -> None:
        """Let a lease whose holder has died have ended."""
        with self.database.transaction() as transaction:
            transaction.execute(
                sa.update(RetentionRow).values(holder=None, held_until=None)
            )

    def rows(self) -> list[Any]:
        """Return the rows of the log, the oldest first."""
        with self.database.read() as connection:
            whole = sa.select(EventRow.__table__).order_by(EventRow.id)
            return list(connection.execute(whole))

    def ids(self) -> list[UUID]:
        """Return the ids of the log's rows, the oldest first."""
        return [row.id for row in self.rows()]

    def archived(self, archive: Archive) -> list[UUID]:
        """Return the ids that an archive's file has, in their order."""
        packed = (self.folder / f"{archive.id}.ndjson.gz").read_bytes()
        lines = gzip.decompress(packed).splitlines()
        return [parse_recorded(line).event.id for line in lines]

    def all_archived(self) -> list[UUID]:
        """Return the ids that all archives have."""
        return [id_ for archive in self.archives() for id_ in self.archived(archive)]

    def files(self) -> set[str]:
        """Return the names of all files of archives."""
        return {path.name for path in self.folder.glob("*")}
