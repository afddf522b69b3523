"""Nothing is sent to an address that may not be reached, however it was found."""

import gc
from dataclasses import replace
from pathlib import Path

import pytest

from notifier.delivery.addresses import Address, Zone, zone_of
from notifier.delivery.transport import FORBIDDEN_ADDRESS
from tests import egress_proxy
from tests.delivery.sending import post, send, transport
from tests.receiver import Receiver, answers, wait_until

_METADATA = "http://169.254.169.254/latest/meta-data/"
_PUBLIC_HOST = "0.0.0.0"


def _count_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::ffff:7f00:1]"])
def test_loopback_is_not_dialled_by_a_server_that_others_reach(
    receiver: Receiver, host: str
) -> None:
    with transport(host=_PUBLIC_HOST) as opened:
        answer = send(opened, post(f"http://{host}:{receiver.server_port}/"))

    assert (answer.status, answer.error) == (None, FORBIDDEN_ADDRESS)
    assert receiver.requests == []


def test_nor_for_an_endpoint_that_such_a_server_took(receiver: Receiver) -> None:
    with transport() as opened:
        answer = send(opened, post(receiver.url, is_local=False))

    assert answer.error == FORBIDDEN_ADDRESS
    assert receiver.requests == []


def test_a_network_that_is_allowed_is_dialled(receiver: Receiver) -> None:
    with transport(host=_PUBLIC_HOST, allowed_networks="127.0.0.0/8") as opened:
        assert send(opened, post(receiver.url, is_local=False)).is_accepted


@pytest.mark.parametrize(
    "url", [_METADATA, "http://10.0.0.1/", "http://[fe80::1]/", "https://[::]/"]
)
def test_forbidden_addresses_are_not_dialled(url: str) -> None:
    with transport() as opened:
        answer = send(opened, post(url, timeout_s=5))

    assert answer.error == FORBIDDEN_ADDRESS
    assert answer.duration_ms < 1000
    assert answer.peer is None


def test_ports_are_checked_when_dialling(receiver: Receiver) -> None:
    with transport(allowed_ports="443") as opened:
        assert send(opened, post(receiver.url)).error == FORBIDDEN_ADDRESS
    assert receiver.requests == []


def test_of_several_addresses_those_allowed_are_dialled(receiver: Receiver) -> None:
    # This name has ::1 before 127.0.0.1, or is given it by libcurl.
    url = f"http://localhost:{receiver.server_port}/"
    with transport(host=_PUBLIC_HOST, allowed_networks="127.0.0.1") as opened:
        answer = send(opened, post(url))

    assert answer.is_accepted
    assert answer.peer == "127.0.0.1"


def test_if_an_address_was_tried_its_error_is_told() -> None:
    with transport(host=_PUBLIC_HOST, allowed_networks="127.0.0.1") as opened:
        answer = send(opened, post("http://localhost:9/"))

    assert answer.error == "connection_refused"


def test_a_connection_that_is_kept_is_checked_again(receiver: Receiver) -> None:
    with transport() as opened:
        first = send(opened, post(receiver.url))
        second = send(opened, replace(post(receiver.url), is_local=False))

    assert first.is_accepted
    assert second.error == FORBIDDEN_ADDRESS
    assert len(receiver.requests) == 1


def test_the_peer_is_checked_before_anything_is_sent(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trusting(address: Address) -> Zone:
        """Stand in for a table that lacks an address which leads elsewhere."""
        return Zone.PUBLIC if str(address) == "0.0.0.0" else zone_of(address)

    monkeypatch.setattr("notifier.delivery.reach.zone_of", trusting)
    with transport(host=_PUBLIC_HOST) as opened:
        answer = send(opened, post(f"http://0.0.0.0:{receiver.server_port}/"))

    assert answer.error == FORBIDDEN_ADDRESS
    assert answer.peer == "127.0.0.1"
    assert receiver.requests == []


def test_a_redirect_to_a_forbidden_address_is_an_answer(receiver: Receiver) -> None:
    receiver.behaviour = answers(307, headers={"Location": _METADATA})
    with transport() as opened:
        answer = send(opened, post(receiver.url))

    assert (answer.status, answer.error) == (307, None)


def test_sockets_do_not_pile_up(receiver: Receiver) -> None:
    receiver.behaviour = answers(200, headers={"Connection": "close"})
    with transport() as opened:
        send(opened, post(receiver.url))
        gc.collect()
        before = _count_files()
        for _ in range(20):
            send(opened, post(receiver.url))
        wait_until(lambda: _count_files() <= before + 2)


def test_an_egress_proxy_connects(receiver: Receiver) -> None:
    with egress_proxy.running(receiver.server_port) as proxy:
        settings = {"egress_proxy": f"http://me:hunter2@{proxy.address}"}
        with transport(host=_PUBLIC_HOST, **settings) as opened:
            sent = post("http://ci.example/hook", headers={"Authorization": "mine"})
            answer = send(opened, sent)
            again = send(opened, sent)

    assert answer.is_accepted
    assert again.is_accepted
    assert b"X-Proxy" not in answer.header
    assert answer.peer == "127.0.0.1"
    [head] = proxy.heads
    assert head.startswith("CONNECT ci.example:80 HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic " in head
    assert "mine" not in head
    assert [request.path for request in receiver.requests] == ["/hook", "/hook"]


@pytest.mark.parametrize(
    "url", [_METADATA, "http://10.0.0.1/", "http://ci.example:22/"]
)
def test_an_egress_proxy_is_not_asked_for_what_is_forbidden(
    receiver: Receiver, url: str
) -> None:
    with (
        egress_proxy.running(receiver.server_port) as proxy,
        transport(egress_proxy=f"http://{proxy.address}") as opened,
    ):
        answer = send(opened, post(url))

    assert answer.error == FORBIDDEN_ADDRESS
    assert proxy.heads == []


def test_an_egress_proxy_that_refuses_is_an_error(receiver: Receiver) -> None:
    with (
        egress_proxy.running(receiver.server_port) as proxy,
        transport(egress_proxy=f"http://{proxy.address}") as opened,
    ):
        proxy.refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
        answer = send(opened, post("http://ci.example/"))

    assert (answer.status, answer.error) == (None, "proxy")


@pytest.mark.parametrize("proxy", ["127.0.0.1:9", "nobody.invalid:3128"])
def test_an_egress_proxy_that_is_not_there_is_an_error(proxy: str) -> None:
    with transport(egress_proxy=f"http://{proxy}") as opened:
        answer = send(opened, post("http://ci.example/"))

    assert (answer.status, answer.error) == (None, "proxy")
