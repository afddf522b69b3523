"""An intake with all that it needs, and what it has announced."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from notifier.db import Database, Transaction
from notifier.events import signals
from notifier.events.announce import Announcer
from notifier.events.event import Event
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.ingest.committer import Committer
from notifier.ingest.intake import Intake, Tally
from notifier.ingest.kinds import KindFinder
from notifier.ingest.rejects import Reject, list_rejects
from notifier.ingest.source import Receipt
from tests.ingest import told

SENDER = object()


class Desk:
    """An intake, and what it has announced."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.recorder = Recorder()
        self.told: list[Event] = []
        self.fails: Callable[[Sequence[Event]], Exception | None] = lambda _: None
        self.committer = Committer(database, Announcer(SENDER, self.recorder))
        self.intake = Intake(KindFinder(database, self.recorder), self.committer)
        self.receipt = Receipt(source=told.source(database), at_ns=told.NOW_NS)
        signals.announced.connect(self.receive, SENDER)

    def receive(
        self, _sender: object, *, events: Sequence[Event], transaction: Transaction
    ) -> None:
        if (error := self.fails(events)) is not None:
            raise error
        transaction.after_commit(lambda: self.told.extend(events))

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
