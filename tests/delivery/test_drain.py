"""From the outbox to the endpoint, with real POSTs."""

import time
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa
import structlog

from notifier import logs
from notifier.config import LogFormat
from notifier.db import DatabaseUnavailable
from notifier.delivery import agenda, leases
from notifier.delivery import turn as turn_module
from notifier.delivery.deliveries import DeliveryState, Trigger
from notifier.delivery.drains import Drains
from notifier.delivery.settlement import Settlement, settle
from notifier.delivery.tables import DeliveryRow, DrainRow
from notifier.events.envelope import MEDIA_TYPE, dump_event
from tests import factories
from tests import receiver as receivers
from tests.delivery.desk import Desk
from tests.receiver import Receiver, answers, wait_until


def _no_leases(desk: Desk) -> bool:
    with desk.database.read() as connection:
        return connection.execute(sa.select(DrainRow.holder)).first() is None


def test_the_endpoint_gets_the_envelope_signed(desk: Desk, receiver: Receiver) -> None:
    _endpoint, secret = desk.create_with_secret(receiver.url, headers={"X-A": "b"})
    [event] = desk.announce()

    delivery = desk.send()

    assert (delivery.state, delivery.due_at) == (DeliveryState.DELIVERED, None)
    [request] = receiver.requests
    request.verify(secret)
    assert request.headers["webhook-id"] == str(event.id)
    assert request.headers["Content-Type"] == MEDIA_TYPE
    assert request.headers["User-Agent"].startswith("notifier/")
    assert request.headers["X-A"] == "b"
    assert orjson.loads(request.body) == {"events": [dump_event(event)]}


def test_a_default_header_gives_way_to_the_owners(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url, headers={"content-type": "application/json"})
    desk.announce()

    desk.send()

    [request] = receiver.requests
    assert request.headers.get_all("Content-Type") == ["application/json"]


def test_every_attempt_is_written_down(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url)
    desk.announce()
    receiver.behaviour = answers(503, b"later", {"Retry-After": "120"})
    began = datetime.now(UTC)

    delivery = desk.send()

    [attempt] = desk.attempts()
    assert (attempt.number, attempt.trigger) == (1, Trigger.SCHEDULE)
    assert (attempt.status, attempt.error) == (503, None)
    assert attempt.response == b"later"
    assert began <= attempt.started_at <= datetime.now(UTC)
    assert 0 <= attempt.duration_ms < 2000
    assert delivery.state is DeliveryState.PENDING
    assert delivery.due_at is not None
    assert delivery.due_at >= began + timedelta(seconds=120)


def test_a_failed_attempt_is_repeated_with_the_same_id(
    desk: Desk, receiver: Receiver
) -> None:
    _endpoint, secret = desk.create_with_secret(receiver.url)
    desk.announce()
    receiver.behaviour = receivers.reset
    desk.send()
    receiver.behaviour = answers(204)
    desk.hurry()

    assert desk.send(2).state is DeliveryState.DELIVERED

    first, second = desk.attempts()
    assert (first.error, second.status) == ("reset", 204)
    last = receiver.requests[-1]
    last.verify(secret)
    assert last.headers["webhook-id"] == receiver.requests[0].headers["webhook-id"]


def test_it_is_not_repeated_before_its_time(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url)
    desk.announce()
    receiver.behaviour = answers(500)
    desk.send()

    desk.sweep()
    time.sleep(0.1)

    assert len(receiver.requests) == 1


def test_many_are_sent_once_each_over_few_connections(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    events = desk.announce(*(factories.event() for _ in range(100)))

    desk.drains.start(endpoint.key)
    desk.wait_for(DeliveryState.DELIVERED, 100)

    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert sorted(ids) == sorted(str(event.id) for event in events)
    assert len({request.connection for request in receiver.requests}) <= 16


def test_a_connection_is_kept_from_one_push_to_the_next(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    for count in range(1, 4):
        desk.announce()
        desk.drains.start(endpoint.key)
        desk.wait_for(DeliveryState.DELIVERED, count)

    assert len({request.connection for request in receiver.requests}) == 1


def test_an_endpoint_that_hangs_does_not_delay_another(
    desk: Desk, receiver: Receiver
) -> None:
    with receivers.running() as stuck:
        stuck.behaviour = receivers.hang
        hanging = desk.create(stuck.url, timeout_s=20)
        healthy = desk.create(receiver.url)
        desk.announce(*(factories.event() for _ in range(20)))

        desk.sweep()
        wait_until(lambda: len(receiver.requests) == 20, 15)

        assert desk.deliveries(endpoint=hanging.id)[0].attempts == 0
        wait_until(
            lambda: all(
                item.state is DeliveryState.DELIVERED
                for item in desk.deliveries(endpoint=healthy.id)
            )
        )


def test_what_comes_while_a_post_hangs_is_sent_beside_it(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url, timeout_s=2)
    receiver.behaviour = receivers.hang
    desk.announce()
    desk.drains.start(endpoint.key)
    wait_until(lambda: len(receiver.requests) == 1)
    receiver.behaviour = answers(200)

    desk.announce()
    desk.drains.start(endpoint.key)

    desk.wait_for(DeliveryState.DELIVERED)


def test_a_drip_is_cut_at_the_time_limit(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url, timeout_s=0.2)
    desk.announce()
    receiver.behaviour = receivers.drip

    delivery = desk.send()

    [attempt] = desk.attempts()
    assert (delivery.state, attempt.error) == (DeliveryState.PENDING, "timeout")
    assert attempt.duration_ms < 1000


def test_the_latest_settings_count(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.create(receiver.url)
    desk.announce()
    desk.send()

    desk.update(endpoint, headers={"X-New": "1"})
    desk.announce()
    desk.drains.start(endpoint.key)
    desk.wait_for(DeliveryState.DELIVERED, 2)

    assert receiver.requests[-1].headers["X-New"] == "1"


def test_a_disabled_endpoint_gets_what_is_pending_once_it_is_enabled(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    desk.announce()
    desk.update(endpoint, enabled=False)

    desk.sweep()
    desk.drains.start(endpoint.key)
    wait_until(lambda: _no_leases(desk))
    assert receiver.requests == []

    desk.update(endpoint, enabled=True)
    assert desk.send().state is DeliveryState.DELIVERED


def test_what_is_in_flight_when_its_endpoint_goes_is_written_down(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    receiver.behaviour = receivers.hang
    desk.announce()
    desk.sweep()
    wait_until(lambda: receiver.requests)

    desk.remove(endpoint)
    receiver.released.set()

    desk.wait_for(DeliveryState.DELIVERED)
    assert len(desk.attempts()) == 1


def test_two_processes_do_not_send_the_same(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.create(receiver.url)
    desk.announce(*(factories.event() for _ in range(60)))
    others = Drains(desk.hire())

    desk.drains.start(endpoint.key)
    others.start(endpoint.key)
    desk.wait_for(DeliveryState.DELIVERED, 60)
    others.stop()

    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(ids) == len(set(ids)) == 60


def test_a_dead_process_is_followed_by_another_when_its_lease_has_run_out(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    desk.announce()
    dead = desk.hire().holder
    almost_over = datetime.now(UTC) - timedelta(seconds=leases.LEASE_S - 0.3)
    with desk.database.transaction() as transaction:
        leases.take(transaction.connection, endpoint.key, dead, almost_over)

    desk.drains.start(endpoint.key)
    time.sleep(0.1)
    assert receiver.requests == []
    time.sleep(0.25)

    assert desk.send().state is DeliveryState.DELIVERED


def test_a_lease_from_before_the_clock_was_stepped_back_does_not_block(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    desk.announce()
    ahead = datetime.now(UTC) + timedelta(hours=1)
    with desk.database.transaction() as transaction:
        leases.take(transaction.connection, endpoint.key, desk.hire().holder, ahead)

    assert desk.send().state is DeliveryState.DELIVERED


def test_if_a_lease_is_lost_both_attempts_are_known(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.create(receiver.url)
    receiver.behaviour = receivers.hang
    desk.announce()
    desk.drains.start(endpoint.key)
    wait_until(lambda: receiver.requests)
    with desk.database.transaction() as transaction:
        transaction.execute(sa.delete(DrainRow))
    receiver.behaviour = answers(500)
    others = Drains(desk.hire())

    others.start(endpoint.key)
    wait_until(lambda: desk.deliveries()[0].attempts == 1)
    receiver.released.set()
    wait_until(lambda: desk.deliveries()[0].attempts == 2)
    others.stop()

    [delivery] = desk.deliveries()
    assert (delivery.state, delivery.due_at) == (DeliveryState.DELIVERED, None)
    assert [attempt.status for attempt in desk.attempts()] == [500, 200]


def test_leases_are_given_back(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url)
    desk.announce()

    desk.send()

    wait_until(lambda: _no_leases(desk))


def test_a_stop_finishes_what_is_in_flight(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url)
    receiver.behaviour = receivers.hang
    desk.announce(*(factories.event() for _ in range(40)))
    desk.sweep()
    wait_until(lambda: len(receiver.requests) >= 16)
    receiver.behaviour = answers(200)
    receiver.released.set()

    desk.drains.stop()

    assert len(desk.deliveries(state=DeliveryState.DELIVERED)) == len(receiver.requests)
    assert len(receiver.requests) < 40
    assert _no_leases(desk)
    desk.drains.start(1)
    assert len(receiver.requests) < 40


def test_a_stop_gives_up_after_a_while_and_says_so(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.delivery.drains._STOP_S", 0.1)
    desk.create(receiver.url)
    receiver.behaviour = receivers.hang
    desk.announce()
    desk.sweep()
    wait_until(lambda: receiver.requests)

    desk.drains.stop()

    [attempt] = desk.attempts()
    assert attempt.error == "interrupted"
    assert _no_leases(desk)


def test_a_crash_before_the_settlement_sends_the_same_id_again(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(
        _connection: object, received: dict[object, object], *_: object
    ) -> list[Settlement]:
        if received:
            raise MemoryError
        return []

    endpoint = desk.create(receiver.url)
    desk.announce()
    with monkeypatch.context() as patch:
        patch.setattr(turn_module, "settle", crash)
        desk.drains.start(endpoint.key)
        wait_until(lambda: receiver.requests)
        wait_until(lambda: not desk.drains._running)
    assert desk.attempts() == []

    desk.drains.start(endpoint.key)
    desk.wait_for(DeliveryState.DELIVERED)

    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_a_database_that_is_away_for_a_moment_loses_no_attempt(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agenda, "_REST_S", 0.05)
    failures = iter([True] * 3)

    def fail_at_first(*arguments: object) -> object:
        if arguments[1] and next(failures, None):
            raise DatabaseUnavailable
        return settle(*arguments)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(turn_module, "settle", fail_at_first)
    desk.create(receiver.url)
    desk.announce()

    assert desk.send().state is DeliveryState.DELIVERED

    assert len(receiver.requests) == 1
    assert len(desk.attempts()) == 1


def test_a_drain_ends_when_there_is_nothing_to_do(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agenda, "_LINGER_S", 0.05)
    desk.create(receiver.url)
    desk.announce()
    desk.send()

    wait_until(lambda: not desk.drains._running)

    desk.announce()
    desk.sweep()
    desk.wait_for(DeliveryState.DELIVERED, 2)


def test_figures_are_kept(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.create(receiver.url)
    desk.announce()
    receiver.behaviour = answers(500)
    desk.send()
    receiver.behaviour = answers(200)
    desk.hurry()
    desk.send(2)

    wait_until(lambda: "_count 1.0" in desk.metrics.render().decode())
    figures = desk.metrics.render().decode()
    name = endpoint.name
    for outcome in ("accepted", "failed"):
        line = f'attempts_total{{endpoint="{name}",outcome="{outcome}"}} 1.0'
        assert line in figures
    assert f'deliveries_total{{endpoint="{name}",outcome="delivered"}} 1.0' in figures
    assert "notifier_delivery_latency_seconds_count 1.0" in figures


def test_each_attempt_is_a_line_without_secrets(
    desk: Desk, receiver: Receiver, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    endpoint, secret = desk.create_with_secret(
        receiver.url + "?token=hunter2", headers={"Authorization": "hunter3"}
    )
    desk.announce()
    logs.configure(LogFormat.JSON)
    delivery = desk.send()
    desk.drains.stop()
    structlog.reset_defaults()

    printed = capfdbinary.readouterr().err
    [line] = [orjson.loads(text) for text in printed.splitlines()]
    assert line["event"] == "attempt"
    assert (line["endpoint"], line["url"]) == (endpoint.name, receiver.url)
    assert line["delivery_id"] == str(delivery.id)
    assert (line["number"], line["status"], line["outcome"]) == (1, 200, "accepted")
    assert b"hunter" not in printed
    assert secret.encode() not in printed


def test_without_its_key_an_endpoint_waits_and_the_log_says_why(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url)
    desk.announce()
    key = desk.key
    desk.lose_key()

    with structlog.testing.capture_logs() as lines:
        desk.sweep()
        wait_until(lambda: lines)

    [line] = lines
    assert line["event"] == "endpoint_unreadable"
    assert "NOTIFIER_SECRET_KEY" in line["error"]
    assert receiver.requests == []
    desk.use_key(key)
    desk.hurry_leases()
    assert desk.send().state is DeliveryState.DELIVERED


def test_the_row_that_is_gone_is_let_go(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url)
    receiver.behaviour = receivers.hang
    desk.announce()
    desk.sweep()
    wait_until(lambda: receiver.requests)
    with desk.database.transaction() as transaction:
        transaction.execute(sa.delete(DeliveryRow))

    receiver.released.set()

    wait_until(lambda: _no_leases(desk))
