from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from notifier.db import Database, Text, Transaction
from notifier.events import signals
from notifier.events.announce import Announcer
from notifier.events.event import Action, Event
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from tests import factories


class Receiver:
    """Remembers what it hears; connected to one sender, as long as it lives."""

    def __init__(self, sender: object) -> None:
        self.heard: list[tuple[Action, list[Event]]] = []
        self.rows: list[int] = []
        for signal in signals.BY_ACTION.values():
            signal.connect(self.hear, sender)

    def hear(
        self, _sender: Any, *, events: Sequence[Event], transaction: Transaction
    ) -> None:
        self.heard.append((events[0].action, list(events)))
        self.rows.append(
            transaction.connection.scalar(
                sa.select(sa.func.count()).select_from(EventRow)
            )
            or 0
        )


class Refusing(Receiver):
    """Adds a row, and raises."""

    def hear(
        self, _sender: Any, *, events: Sequence[Event], transaction: Transaction
    ) -> None:
        transaction.execute(sa.insert(Text), {"text": str(events)})
        raise LookupError


def announce(database: Database, sender: object, *events: Event) -> None:
    with database.transaction() as transaction:
        Announcer(sender, Recorder()).announce(transaction, events)


def count(database: Database, table: Any) -> int:
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.fixture(name="sender")
def _sender() -> object:
    class Sender:
        """An application."""

    return Sender()


def test_a_receiver_hears_of_events_that_are_recorded_already(
    database: Database, sender: object
) -> None:
    receiver = Receiver(sender)
    events = [factories.event(tag="a"), factories.event(tag="b")]

    announce(database, sender, *events)

    assert receiver.heard == [(Action.PUSH, events)]
    assert receiver.rows == [2]


def test_each_action_has_its_signal_and_the_order_is_kept(
    database: Database, sender: object
) -> None:
    receiver = Receiver(sender)
    actions = [Action.DELETE, Action.PULL, Action.PULL, Action.MOUNT, Action.PUSH]

    announce(database, sender, *[factories.event(action) for action in actions])

    assert [(action, len(events)) for action, events in receiver.heard] == [
        (Action.DELETE, 1),
        (Action.PULL, 2),
        (Action.MOUNT, 1),
        (Action.PUSH, 1),
    ]


def test_who_wants_to_hear_of_everything_hears_it_at_once(
    database: Database, sender: object
) -> None:
    told: list[Sequence[Event]] = []
    actions = [Action.DELETE, Action.PULL, Action.ENDPOINT_CREATE, Action.PULL]
    happened = [factories.event(action) for action in actions]

    def hear(_sender: Any, *, events: Sequence[Event], **_: Any) -> None:
        told.append(events)

    with signals.announced.connected_to(hear, sender):
        announce(database, sender, *happened)
        announce(database, sender)

    assert [list(events) for events in told] == [happened]


def test_a_receiver_hears_only_its_own_sender(
    database: Database, sender: object
) -> None:
    receiver = Receiver(sender)
    stranger = Receiver(database)

    announce(database, database, factories.event())

    assert receiver.heard == []
    assert len(stranger.heard) == 1


def test_an_event_is_recorded_though_nobody_listens(
    database: Database, sender: object
) -> None:
    announce(database, sender, factories.event())

    assert count(database, EventRow) == 1


def test_a_receiver_that_raises_undoes_the_change(
    database: Database, sender: object
) -> None:
    receiver = Refusing(sender)

    with pytest.raises(LookupError):
        announce(database, sender, factories.event())

    assert receiver.heard == []
    assert count(database, EventRow) == 0
    assert count(database, Text) == 0


def test_no_events_are_no_signal(database: Database, sender: object) -> None:
    receiver = Receiver(sender)

    announce(database, sender)

    assert receiver.heard == []
