"""Each misbehaviour of an endpoint is an answer, and within the time limit."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from notifier.delivery.transport import KEPT_BYTES, Answer, Post, Transport
from tests import receiver as receivers
from tests.receiver import Behaviour, Receiver, answers


@pytest.fixture(name="transport")
def _transport() -> Iterator[Transport[int]]:
    transport: Transport[int] = Transport(4)
    yield transport
    transport.close()


def _post(url: str, body: bytes = b"{}", timeout_s: float = 2, **headers: str) -> Post:
    return Post(url=url, headers=list(headers.items()), body=body, timeout_s=timeout_s)


def _send(transport: Transport[int], post: Post) -> Answer:
    transport.start(1, post)
    while transport:
        for _key, answer in transport.wait(1):
            return answer
    raise AssertionError


def test_a_post_arrives_as_given(transport: Transport[int], receiver: Receiver) -> None:
    post = _post(receiver.url + "?a=1", b"x" * 100_000, Authorization="Bearer b")

    answer = _send(transport, post)

    assert (answer.status, answer.error, answer.body) == (200, None, b"ok")
    assert answer.is_accepted
    [request] = receiver.requests
    assert request.path == "/hook?a=1"
    assert request.body == b"x" * 100_000
    assert request.headers["Authorization"] == "Bearer b"
    assert request.headers["Expect"] is None


@pytest.mark.parametrize("status", [300, 301, 307, 400, 410, 429, 500, 503])
def test_only_2xx_is_accepted(
    transport: Transport[int], receiver: Receiver, status: int
) -> None:
    receiver.behaviour = answers(status, headers={"Location": receiver.url})

    answer = _send(transport, _post(receiver.url))

    assert (answer.status, answer.error) == (status, None)
    assert not answer.is_accepted
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_accepted(
    transport: Transport[int], receiver: Receiver, status: int
) -> None:
    receiver.behaviour = answers(status)

    assert _send(transport, _post(receiver.url)).is_accepted


@pytest.mark.parametrize("behaviour", [receivers.hang, receivers.drip])
def test_an_answer_must_be_complete_in_time(
    transport: Transport[int], receiver: Receiver, behaviour: Behaviour
) -> None:
    receiver.behaviour = behaviour
    began = time.monotonic()

    answer = _send(transport, _post(receiver.url, timeout_s=0.3))

    assert answer.error == "timeout"
    assert 250 <= answer.duration_ms <= 1000
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [(receivers.reset, "reset"), (receivers.babble, "invalid_answer")],
)
def test_a_broken_answer_is_an_error(
    transport: Transport[int], receiver: Receiver, behaviour: Behaviour, error: str
) -> None:
    receiver.behaviour = behaviour

    assert _send(transport, _post(receiver.url)).error == error


def test_an_endless_answer_is_cut_and_its_status_counts(
    transport: Transport[int], receiver: Receiver
) -> None:
    receiver.behaviour = receivers.flood

    answer = _send(transport, _post(receiver.url))

    assert answer.is_accepted
    assert answer.body == b"x" * KEPT_BYTES


def test_the_beginning_of_a_long_answer_is_kept(
    transport: Transport[int], receiver: Receiver
) -> None:
    receiver.behaviour = answers(500, b"y" * (KEPT_BYTES + 1))

    answer = _send(transport, _post(receiver.url))

    assert (answer.status, answer.body) == (500, b"y" * KEPT_BYTES)


def test_a_closed_port_is_a_refused_connection(transport: Transport[int]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    answer = _send(transport, _post(f"http://127.0.0.1:{port}/"))

    assert answer.error == "connection_refused"


def test_a_name_that_nobody_has_is_a_dns_error(transport: Transport[int]) -> None:
    answer = _send(transport, _post("http://nobody.invalid/"))

    assert answer.error == "dns"


def test_plain_text_where_tls_is_expected_is_a_tls_error(
    transport: Transport[int], receiver: Receiver
) -> None:
    answer = _send(transport, _post(receiver.url.replace("http", "https", 1)))

    assert answer.error == "tls"


def test_retry_after_is_read(transport: Transport[int], receiver: Receiver) -> None:
    receiver.behaviour = answers(503, headers={"retry-AFTER": "17"})

    assert _send(transport, _post(receiver.url)).retry_after == "17"


def test_connections_are_kept(transport: Transport[int], receiver: Receiver) -> None:
    for _ in range(5):
        _send(transport, _post(receiver.url))

    assert len({request.connection for request in receiver.requests}) == 1


def test_proxies_of_the_environment_are_not_asked(
    transport: Transport[int], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert _send(transport, _post(receiver.url)).is_accepted


def test_several_posts_are_in_flight_at_once(
    transport: Transport[int], receiver: Receiver
) -> None:
    receiver.behaviour = receivers.hang
    for number in range(4):
        transport.start(number, _post(receiver.url))

    receivers.wait_until(lambda: transport.wait(0.01) or len(receiver.requests) == 4)

    assert len(transport) == 4


def test_what_is_interrupted_says_so(
    transport: Transport[int], receiver: Receiver
) -> None:
    receiver.behaviour = receivers.hang
    transport.start(7, _post(receiver.url))
    transport.wait(0.05)

    [(key, answer)] = transport.interrupt()

    assert (key, answer.error, answer.status) == (7, "interrupted", None)
    assert not transport


def test_another_thread_can_wake_it(transport: Transport[int]) -> None:
    threading.Timer(0.05, transport.wake).start()
    began = time.monotonic()

    assert transport.wait(5) == []

    assert time.monotonic() - began < 1
