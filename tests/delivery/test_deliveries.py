"""What can be asked about deliveries, and asked of them."""

from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from notifier.delivery.deliveries import (
    Delivery,
    DeliveryState,
    Trigger,
    get_delivery,
    redeliver,
)
from notifier.delivery.errors import (
    DeliveryUnknown,
    EndpointDisabled,
    EndpointUnknown,
)
from tests import factories
from tests.delivery.desk import Desk
from tests.receiver import Receiver, answers, wait_until


def _redeliver(desk: Desk, delivery_id: UUID) -> Delivery:
    with desk.database.transaction() as transaction:
        return redeliver(transaction, delivery_id, desk.nudger)


def test_they_are_found_by_endpoint_event_and_state(desk: Desk) -> None:
    first, second = desk.create(), desk.create()
    events = desk.announce(factories.event(), factories.event())
    desk.remove(second)

    assert len(desk.deliveries()) == 4
    assert {item.endpoint_id for item in desk.deliveries(endpoint=first.id)} == {
        first.id
    }
    assert {item.endpoint_name for item in desk.deliveries(event=events[0].id)} == {
        first.name,
        second.name,
    }
    pending = desk.deliveries(state=DeliveryState.PENDING)
    assert [item.endpoint_id for item in pending] == [first.id, first.id]
    assert desk.deliveries(endpoint=second.id, state=DeliveryState.PENDING) == []
    assert desk.deliveries(endpoint=uuid4()) == []


def test_they_are_listed_newest_first_and_page_by_page(desk: Desk) -> None:
    desk.create()
    events = desk.announce(*(factories.event() for _ in range(5)))

    first = desk.deliveries()[:3]
    rest = desk.deliveries(before=first[-1].id)

    listed = [item.event_id for item in [*first, *rest]]
    assert listed == [event.id for event in reversed(events)]


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "SCAN deliveries"),
        ({"endpoint": uuid4()}, "ix_deliveries_endpoint"),
        ({"event": uuid4()}, "ix_deliveries_event"),
        ({"state": DeliveryState.PENDING}, "ix_deliveries_state"),
        ({"state": DeliveryState.FAILED}, "ix_deliveries_state"),
        ({"state": DeliveryState.DELIVERED}, "SCAN deliveries"),
    ],
)
def test_each_list_follows_an_index(
    sqlite_desk: Desk, filters: dict[str, Any], index: str
) -> None:
    desk = sqlite_desk
    statements: list[tuple[str, Any]] = []
    sa.event.listen(
        desk.database.engine,
        "before_cursor_execute",
        lambda *event: statements.append((event[2], event[3])),
    )
    desk.deliveries(**filters)

    [(text, parameters)] = statements
    with desk.database.read() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {text}", parameters)
        plan = " ".join(step for *_, step in cursor.fetchall())

    assert index in plan
    assert "TEMP B-TREE" not in plan


def test_an_unknown_delivery_is_refused(desk: Desk) -> None:
    with desk.database.read() as connection, pytest.raises(DeliveryUnknown):
        get_delivery(connection, uuid4())
    with pytest.raises(DeliveryUnknown):
        _redeliver(desk, uuid4())


def test_what_was_delivered_can_be_delivered_again(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url)
    desk.announce()
    delivery = desk.send()

    again = _redeliver(desk, delivery.id)

    assert again.state is DeliveryState.DELIVERED
    assert desk.send(2).state is DeliveryState.DELIVERED
    first, second = desk.attempts()
    assert (first.trigger, second.trigger) == (Trigger.SCHEDULE, Trigger.REDELIVER)
    ids = {request.headers["webhook-id"] for request in receiver.requests}
    assert ids == {str(delivery.event_id)}


def test_a_redelivery_that_fails_leaves_it_delivered(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url)
    desk.announce()
    delivery = desk.send()
    receiver.behaviour = answers(500)

    _redeliver(desk, delivery.id)
    after = desk.send(2)

    assert (after.state, after.due_at) == (DeliveryState.DELIVERED, None)
    assert [attempt.status for attempt in desk.attempts()] == [200, 500]


def test_what_is_pending_is_only_made_due(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url)
    desk.announce()
    receiver.behaviour = answers(500)
    delivery = desk.send()
    receiver.behaviour = answers(200)

    assert _redeliver(desk, delivery.id).state is DeliveryState.PENDING

    assert desk.send(2).state is DeliveryState.DELIVERED
    assert {item.trigger for item in desk.attempts()} == {Trigger.SCHEDULE}


def test_what_failed_can_still_be_delivered(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url)
    desk.announce()
    receiver.behaviour = answers(500)
    for number in range(1, 11):
        desk.hurry()
        delivery = desk.send(number)
    assert (delivery.state, delivery.due_at) == (DeliveryState.FAILED, None)

    _redeliver(desk, delivery.id)
    assert desk.send(11).state is DeliveryState.FAILED
    receiver.behaviour = answers(200)
    _redeliver(desk, delivery.id)

    assert desk.send(12).state is DeliveryState.DELIVERED


def test_nothing_is_redelivered_to_a_removed_or_disabled_endpoint(desk: Desk) -> None:
    endpoint = desk.create()
    desk.announce()
    [delivery] = desk.deliveries()

    desk.update(endpoint, enabled=False)
    with pytest.raises(EndpointDisabled):
        _redeliver(desk, delivery.id)
    desk.remove(endpoint)
    with pytest.raises(EndpointUnknown):
        _redeliver(desk, delivery.id)


def test_a_cancelled_redelivery_leaves_it_delivered(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    desk.announce()
    delivery = desk.send()
    wait_until(lambda: desk.deliveries()[0].due_at is None)
    _redeliver(desk, delivery.id)

    desk.remove(endpoint)

    [after] = desk.deliveries()
    assert (after.state, after.due_at) == (DeliveryState.DELIVERED, None)
