"""Deliveries are made in the transaction of the change."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from notifier.db import Database
from notifier.delivery import breakers
from notifier.delivery.breaker import Breaker
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.errors import EndpointDisabled
from notifier.delivery.filters import Filters
from notifier.delivery.nudger import Nudger
from notifier.delivery.pings import ping
from notifier.delivery.tables import DeliveryRow, EndpointRow
from notifier.events.announce import Announcer
from notifier.events.event import Action
from notifier.events.origin import Origin
from tests import factories
from tests.delivery.desk import Desk


class _Noted(Nudger):
    def __init__(self) -> None:
        super().__init__(None)
        self.keys: list[int] = []

    def nudge(self, endpoint_keys: Iterable[int]) -> None:
        self.keys += endpoint_keys


def test_each_endpoint_that_wants_an_event_gets_a_delivery(desk: Desk) -> None:
    all_of_team = desk.create(filters=Filters.parse({"repositories": ["team/**"]}))
    other = desk.create(filters=Filters.parse({"repositories": ["other"]}))
    disabled = desk.create(enabled=False)

    events = desk.announce(factories.event(), factories.event(Action.PULL))

    [delivery] = desk.deliveries(endpoint=all_of_team.id)
    assert delivery.event_id == events[0].id
    assert delivery.state is DeliveryState.PENDING
    assert delivery.attempts == 0
    assert delivery.due_at is not None
    assert abs((delivery.due_at - delivery.created_at).total_seconds()) < 1
    assert desk.deliveries(endpoint=other.id) == []
    assert desk.deliveries(endpoint=disabled.id) == []


def test_it_hears_what_the_sender_announces_and_no_other(desk: Desk) -> None:
    class Sender:
        pass

    ours, theirs = Sender(), Sender()
    desk.create()
    desk.outbox.connect(ours)

    for sender in (ours, theirs):
        with desk.database.transaction() as transaction:
            announcer = Announcer(sender, desk.recorder)
            announcer.announce(transaction, [factories.event()])

    assert len(desk.deliveries()) == 1


def test_endpoints_are_nudged_once_the_change_is_committed(
    database: Database,
) -> None:
    nudger = _Noted()
    desk = Desk(database, nudger)
    endpoint = desk.create()
    event = factories.event()

    with database.transaction() as transaction:
        desk.recorder.insert(transaction, [event])
        desk.outbox.receive(None, events=[event], transaction=transaction)
        assert nudger.keys == []

    assert nudger.keys == [endpoint.key]


def test_one_that_is_left_in_peace_is_nudged_only_if_somebody_asks(
    database: Database,
) -> None:
    nudger = _Noted()
    desk = Desk(database, nudger)
    endpoint = desk.create()
    later = datetime.now(UTC) + timedelta(minutes=1)
    with database.transaction() as transaction:
        breaker = Breaker(failures=10, openings=1, paused_until=later)
        breakers.save(transaction.connection, endpoint.key, breaker)

    [event] = desk.announce()
    assert nudger.keys == []

    with database.transaction() as transaction:
        ping(
            transaction,
            desk.recorder,
            desk.outbox,
            endpoint,
            Origin(request=event.request, source=event.source),
        )
    assert nudger.keys == [endpoint.key]


def test_a_change_that_is_undone_makes_no_delivery_and_no_nudge(
    database: Database,
) -> None:
    nudger = _Noted()
    desk = Desk(database, nudger)
    desk.create()
    event = factories.event()

    def announce_and_fail() -> None:
        with database.transaction() as transaction:
            desk.recorder.insert(transaction, [event])
            desk.outbox.receive(None, events=[event], transaction=transaction)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        announce_and_fail()

    assert nudger.keys == []
    with database.read() as connection:
        count = sa.select(sa.func.count()).select_from(DeliveryRow)
        assert connection.scalar(count) == 0


def test_a_ping_goes_to_its_endpoint_whatever_that_wants(desk: Desk) -> None:
    endpoint, _other = (
        desk.create(filters=Filters.parse({"tags": ["x"]})),
        desk.create(),
    )
    template = factories.event()

    with desk.database.transaction() as transaction:
        delivery_id = ping(
            transaction,
            desk.recorder,
            desk.outbox,
            endpoint,
            Origin(request=template.request, source=template.source),
        )

    [delivery] = desk.deliveries()
    assert (delivery.id, delivery.endpoint_id) == (delivery_id, endpoint.id)


def test_a_disabled_endpoint_is_not_pinged(desk: Desk) -> None:
    endpoint = desk.create(enabled=False)

    with desk.database.transaction() as transaction, pytest.raises(EndpointDisabled):
        desk.outbox.add(transaction, endpoint, [factories.event()])


def test_filters_that_would_be_refused_today_keep_nobody_from_pushing(
    desk: Desk,
) -> None:
    desk.create()
    kept = b'{"actions":["*"],"kinds":["*"],"exclude":{"actors":["a\\u0000b"]}}'
    with desk.database.transaction() as transaction:
        transaction.execute(sa.update(EndpointRow).values(filters=kept))

    desk.announce(factories.event())

    assert len(desk.deliveries()) == 1
