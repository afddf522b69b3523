"""How repairs go on: step by step, each step once, and no faster than they may."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
import structlog

from notifier.db import Transaction
from notifier.delivery.errors import EndpointDisabled
from notifier.delivery.repair import repairer as repairer_module
from notifier.delivery.repair import repairs as repairs_module
from notifier.delivery.repair.errors import (
    RepairFinished,
    RepairUnknown,
    TooManyRepairs,
)
from notifier.delivery.repair.redelivery import RedeliveryWork
from notifier.delivery.repair.repairer import Repairer
from notifier.delivery.repair.repairs import (
    MAX_ACTIVE,
    Repair,
    RepairKind,
    RepairState,
    cancel_repair,
    list_repairs,
)
from notifier.delivery.repair.tables import RepairRow
from tests import factories
from tests.delivery.desk import Desk
from tests.delivery.repair.missed import again, due, redeliver, repairer, settle_all
from tests.receiver import Receiver, wait_until


def _fail(desk: Desk, number: int) -> None:
    desk.announce(*(factories.event() for _ in range(number)))
    settle_all(desk)


def _cancel(desk: Desk, repair: Repair) -> Repair:
    with desk.database.transaction() as transaction:
        return cancel_repair(transaction, repair.kind, repair.id)


def _step(one: Repairer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take one step of each repair."""
    with monkeypatch.context() as patch:
        patch.setattr(repairer_module, "_WORK_S", 0)
        one.work()


@pytest.fixture(name="one_at_once")
def _one_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repairer_module, "_AT_ONCE", 1)


def test_all_is_counted_then_done(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = desk.create(receiver.url)
    _fail(desk, 3)
    asked = redeliver(desk, endpoint=endpoint)
    assert (asked.state, asked.total, asked.done) == (RepairState.COUNTING, 0, 0)

    one = repairer(desk)
    _step(one, monkeypatch)
    counted = again(desk.database, asked)
    one.work()
    done = again(desk.database, asked)

    assert (counted.state, counted.total, counted.done) == (RepairState.RUNNING, 3, 0)
    assert (done.state, done.total, done.done) == (RepairState.DONE, 3, 3)
    assert counted.finished_at is None
    assert done.finished_at is not None
    assert (done.endpoint_id, done.endpoint_name) == (endpoint.id, endpoint.name)
    desk.sweep()
    wait_until(lambda: len(receiver.requests) == 3)


def test_one_of_nothing_is_done_at_once(desk: Desk) -> None:
    repair = redeliver(desk)

    repairer(desk).work()

    assert again(desk.database, repair).state is RepairState.DONE


@pytest.mark.usefixtures("one_at_once")
def test_a_step_that_fails_is_undone_and_taken_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.create()
    _fail(desk, 2)
    repair = redeliver(desk)
    one = repairer(desk)
    _step(one, monkeypatch)
    do = RedeliveryWork.do

    def do_and_die(work: RedeliveryWork, transaction: Transaction, items: Any) -> None:
        do(work, transaction, items)
        raise ZeroDivisionError

    monkeypatch.setattr(RedeliveryWork, "do", do_and_die)
    with structlog.testing.capture_logs() as lines:
        one.work()
    assert [line["event"] for line in lines] == ["repair_failed"]
    assert (again(desk.database, repair).done, due(desk)) == (0, [])

    monkeypatch.setattr(RedeliveryWork, "do", do)
    one.work()
    assert again(desk.database, repair).done == 0
    with desk.database.transaction() as transaction:
        transaction.execute(sa.update(RepairRow).values(due_at=datetime.now(UTC)))
    one.work()

    assert again(desk.database, repair).done == 2
    assert len(due(desk)) == 2


def test_a_step_that_another_worker_has_taken_is_not_taken_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.create()
    _fail(desk, 1)
    repair = redeliver(desk)
    one = repairer(desk)
    _step(one, monkeypatch)
    look = RedeliveryWork.look

    def look_and_lose(work: RedeliveryWork, *arguments: Any) -> Any:
        monkeypatch.setattr(RedeliveryWork, "look", look)
        one.work()
        return look(work, *arguments)

    monkeypatch.setattr(RedeliveryWork, "look", look_and_lose)
    hurried = repairer(desk)
    with desk.database.transaction() as transaction:
        transaction.execute(sa.update(RepairRow).values(held_until=None))
    hurried.work()

    assert again(desk.database, repair).done == 1


def test_what_a_worker_holds_is_left_to_it_for_a_while(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.create()
    _fail(desk, 1)
    repair = redeliver(desk)
    _step(repairer(desk), monkeypatch)

    repairer(desk).work()
    assert again(desk.database, repair).done == 0

    for far in (timedelta(0), timedelta(days=1)):
        with desk.database.transaction() as transaction:
            held_until = datetime.now(UTC) + far
            transaction.execute(sa.update(RepairRow).values(held_until=held_until))
        repairer(desk).work()
    assert again(desk.database, repair).done == 1


def test_it_goes_no_faster_than_its_rate(desk: Desk) -> None:
    desk.create()
    _fail(desk, 9)
    repair = redeliver(desk, rate=8)
    one = repairer(desk)

    one.work()
    assert again(desk.database, repair).done < 9
    while again(desk.database, repair).state is RepairState.RUNNING:
        one.work()
    took = again(desk.database, repair).updated_at - repair.created_at
    assert took >= timedelta(seconds=0.9)
    assert len(due(desk)) == 9


def test_it_waits_while_the_endpoint_has_enough_to_do(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairer_module, "MAX_DUE", 2)
    endpoint = desk.create()
    _fail(desk, 3)
    desk.announce()
    repair = redeliver(desk, endpoint=endpoint)
    one = repairer(desk)

    one.work()
    assert again(desk.database, repair).done == 1
    one.work()
    assert again(desk.database, repair).done == 1

    settle_all(desk)
    one.work()
    assert again(desk.database, repair).done == 2


def test_it_waits_while_the_endpoint_is_disabled(desk: Desk) -> None:
    endpoint = desk.create()
    _fail(desk, 1)
    repair = redeliver(desk, endpoint=endpoint)
    one = repairer(desk)
    desk.update(endpoint, enabled=False)
    one.work()
    assert again(desk.database, repair).finished_at is None

    desk.update(endpoint, enabled=True)
    one.work()

    assert again(desk.database, repair).state is RepairState.DONE


def test_it_is_cancelled_when_the_endpoint_is_removed(desk: Desk) -> None:
    endpoint = desk.create()
    _fail(desk, 1)
    repair = redeliver(desk, endpoint=endpoint)

    desk.remove(endpoint)
    repairer(desk).work()

    over = again(desk.database, repair)
    assert (over.state, over.done) == (RepairState.CANCELLED, 0)


@pytest.mark.usefixtures("one_at_once")
def test_what_was_cancelled_goes_no_further(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.create()
    _fail(desk, 3)
    repair = redeliver(desk)
    one = repairer(desk)
    _step(one, monkeypatch)
    _step(one, monkeypatch)

    cancelled = _cancel(desk, repair)
    one.work()

    assert (cancelled.state, cancelled.done) == (RepairState.CANCELLED, 1)
    assert again(desk.database, repair) == cancelled
    assert len(due(desk)) == 1
    with pytest.raises(RepairFinished):
        _cancel(desk, repair)


def test_an_unknown_one_cannot_be_cancelled(desk: Desk) -> None:
    with desk.database.transaction() as transaction, pytest.raises(RepairUnknown):
        cancel_repair(transaction, RepairKind.REDELIVERY, uuid4())


def test_a_disabled_endpoint_gets_none(desk: Desk) -> None:
    endpoint = desk.create(enabled=False)

    with pytest.raises(EndpointDisabled):
        redeliver(desk, endpoint=endpoint)


def test_only_so_many_are_under_way_at_once(desk: Desk) -> None:
    for _ in range(MAX_ACTIVE):
        repair = redeliver(desk)

    with pytest.raises(TooManyRepairs):
        redeliver(desk)

    _cancel(desk, repair)
    redeliver(desk)


def test_old_ones_are_forgotten_but_none_that_is_under_way(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairs_module, "_OLD", repairs_module._OLD.offset(2))
    active = redeliver(desk)
    finished = [redeliver(desk) for _ in range(3)]
    for repair in finished:
        _cancel(desk, repair)

    newest = redeliver(desk)

    with desk.database.read() as connection:
        kept = list_repairs(connection, RepairKind.REDELIVERY, limit=10)
    ids = [repair.id for repair in kept]
    assert ids == [newest.id, finished[2].id, finished[1].id, active.id]


def test_they_are_listed_by_endpoint_and_page_by_page(desk: Desk) -> None:
    first, second = desk.create(), desk.create()
    repairs = [redeliver(desk, endpoint=each) for each in (first, second, first)]

    with desk.database.read() as connection:
        of_first = list_repairs(
            connection, RepairKind.REDELIVERY, endpoint=first.id, limit=10
        )
        rest = list_repairs(
            connection, RepairKind.REDELIVERY, before=repairs[2].id, limit=1
        )

    assert list(of_first) == [repairs[2], repairs[0]]
    assert list(rest) == [repairs[1]]
