"""Look-ups that take no longer than they may."""

import socket
import threading
import time
from typing import Any

import pytest

from notifier.delivery import resolver as module
from notifier.delivery.addresses import parse_address
from notifier.delivery.resolver import Resolver
from tests.receiver import wait_until


def test_the_systems_names_are_known() -> None:
    assert parse_address("127.0.0.1") in Resolver().resolve("localhost")


@pytest.mark.parametrize("host", ["nobody.invalid", "a" * 64 + ".example", ".."])
def test_what_is_no_name_has_no_address(host: str) -> None:
    assert Resolver().resolve(host) == []


def test_a_slow_answer_is_not_waited_for_and_threads_are_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_DEADLINE_S", 0.05)
    released = threading.Event()
    asked: list[str] = []

    def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        released.wait(20)
        return [(0, 0, 0, "", ("192.0.2.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    resolver = Resolver()
    began = time.monotonic()

    found = [resolver.resolve(f"{number}.example") for number in range(12)]

    assert found == [[]] * 12
    assert time.monotonic() - began < 5
    assert len(asked) == 8
    released.set()
    wait_until(lambda: resolver.resolve("later.example"))
