"""An intake with all that it needs, and what it has announced."""

import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from notifier.db import Database, Transaction
from notifier.events import signals
from notifier.events.announce import Announcer
from notifier.events.announced import Announced
from notifier.events.event import Event
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.ingest.commit_client import CommitClient
from notifier.ingest.committer import Committer
from notifier.ingest.intake import Intake, Tally
from notifier.ingest.rejects import Reject, list_rejects
from notifier.ingest.source import Receipt
from tests.ingest import told

SENDER = object()


class Desk:
    """An intake, and what it has announced."""

    def __init__(
        self,
        database: Database,
        *,
        sender: object = SENDER,
        source: str = "registry-2",
        door: socket.socket | None = None,
    ) -> None:
        self.database = database
        self.recorder = Recorder()
        self.told: list[Event] = []
        self.commits = 0
        self.fails: Callable[[Iterable[Event]], Exception | None] = lambda _: None
        announcer = Announcer(sender, self.recorder)
        self.committer = Committer(database, announcer)
        commits = CommitClient(door, self.committer)
        self.intake = Intake(database, self.recorder, announcer, commits)
        self.receipt = Receipt(source=told.source(database, source), at_ns=told.NOW_NS)
        signals.announced.connect(self.receive, sender)

    def receive(
        self, _sender: object, *, events: Announced, transaction: Transaction
    ) -> None:
        if (error := self.fails(events)) is not None:
            raise error
        told = list(events)
        transaction.after_commit(lambda: self._note(told))

    def _note(self, events: Iterable[Event]) -> None:
        self.told.extend(events)
        self.commits += 1

    def take(self, *events: Any) -> Tally:
        return self.intake.take(self.receipt, told.envelope(*events))

    def recorded(self) -> list[Event]:
        with self.database.read() as connection:
            rows = connection.execute(
                sa.select(EventRow.__table__).order_by(EventRow.id)
            ).all()
            return self.recorder.events(connection, rows)

    def rejects(self) -> Sequence[Reject]:
        with self.database.read() as connection:
            return list_rejects(connection, self.receipt.source.id, limit=1000)
