"""Names and settings that change between the check of a URL and its use."""

import socket
from typing import Any

import pytest

from notifier.config import Settings
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.reach import Reach
from notifier.delivery.transport import FORBIDDEN_ADDRESS
from tests.delivery.desk import Desk
from tests.receiver import Receiver

_REACHED_BY_OTHERS = Reach.of(Settings(host="0.0.0.0"))


def _is_local(desk: Desk, endpoint: Endpoint) -> bool:
    with desk.database.read() as connection:
        return desk.store.get_recipient(connection, endpoint.key).is_local


def test_a_name_that_comes_to_mean_loopback_is_sent_nothing(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def first_answer(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 0))]

    desk.store.reach = _REACHED_BY_OTHERS
    url = f"http://localhost:{receiver.server_port}/hook"
    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", first_answer)
        desk.store.reach.check(url)
    desk.create(url)
    desk.announce()

    delivery = desk.send()

    [attempt] = desk.attempts()
    assert (attempt.status, attempt.error) == (None, FORBIDDEN_ADDRESS)
    assert delivery.state is DeliveryState.PENDING
    assert receiver.requests == []


def test_a_worker_with_other_settings_than_the_web_server_sends_nothing_either(
    desk: Desk, receiver: Receiver
) -> None:
    worker_reach = desk.store.reach
    desk.store.reach = _REACHED_BY_OTHERS
    desk.create(receiver.url)
    desk.store.reach = worker_reach
    desk.announce()

    desk.send()

    [attempt] = desk.attempts()
    assert attempt.error == FORBIDDEN_ADDRESS
    assert receiver.requests == []


def test_whoever_took_the_url_last_decides(desk: Desk) -> None:
    endpoint = desk.create("http://127.0.0.1:9/")
    assert _is_local(desk, endpoint)

    desk.store.reach = _REACHED_BY_OTHERS
    desk.update(endpoint, enabled=False)
    assert _is_local(desk, endpoint)
    desk.update(endpoint, url="http://127.0.0.1:9/other")

    assert not _is_local(desk, endpoint)
