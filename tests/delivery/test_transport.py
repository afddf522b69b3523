"""Each misbehaviour of an endpoint is an answer, and within the time limit."""

import contextlib
import gzip
import socket
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from notifier.delivery.transport import KEPT_BYTES, Answer, Transport
from tests import receiver as receivers
from tests.delivery import sending
from tests.delivery.sending import post, send
from tests.receiver import Behaviour, Receiver, answers


@pytest.fixture(name="transport")
def _transport() -> Iterator[Transport[int]]:
    with sending.transport() as opened:
        yield opened


def test_a_post_arrives_as_given(transport: Transport[int], receiver: Receiver) -> None:
    answer = send(
        transport,
        post(receiver.url + "?a=1", b"x" * 100_000, {"Authorization": "Bearer b"}),
    )

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

    answer = send(transport, post(receiver.url))

    assert (answer.status, answer.error) == (status, None)
    assert not answer.is_accepted
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_accepted(
    transport: Transport[int], receiver: Receiver, status: int
) -> None:
    receiver.behaviour = answers(status)

    assert send(transport, post(receiver.url)).is_accepted


@pytest.mark.parametrize(
    "behaviour", [receivers.hang, receivers.drip, receivers.drip_slowly]
)
def test_an_answer_must_be_complete_in_time(
    transport: Transport[int], receiver: Receiver, behaviour: Behaviour
) -> None:
    receiver.behaviour = behaviour
    began = time.monotonic()

    answer = send(transport, post(receiver.url, timeout_s=0.3))

    assert answer.error == "timeout"
    assert 250 <= answer.duration_ms <= 1000
    assert time.monotonic() - began < 1


def test_an_answer_that_came_in_time_counts_however_late_it_is_looked_for(
    transport: Transport[int], receiver: Receiver
) -> None:
    def answer_later(handler: receivers.Handler) -> None:
        time.sleep(0.2)
        answers(200)(handler)

    receiver.behaviour = answer_later
    transport.start(7, post(receiver.url, timeout_s=0.5))
    receivers.wait_until(lambda: transport.wait(0) or receiver.requests)
    time.sleep(0.8)

    [(key, answer)] = _wait(transport)

    assert (key, answer.status, answer.error) == (7, 200, None)


def test_who_is_not_looked_for_has_so_much_more_time_and_no_more(
    transport: Transport[int], receiver: Receiver
) -> None:
    receiver.behaviour = receivers.hang
    transport.start(7, post(receiver.url, timeout_s=0.4))
    receivers.wait_until(lambda: transport.wait(0) or receiver.requests)
    time.sleep(0.8)

    at_once = transport.wait(0)
    [(_, answer)] = _wait(transport)

    assert at_once == []
    assert answer.error == "timeout"


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [(receivers.reset, "reset"), (receivers.babble, "invalid_answer")],
)
def test_a_broken_answer_is_an_error(
    transport: Transport[int], receiver: Receiver, behaviour: Behaviour, error: str
) -> None:
    receiver.behaviour = behaviour

    assert send(transport, post(receiver.url)).error == error


def test_an_address_that_refused_before_another_answered_does_not_matter(
    transport: Transport[int], receiver: Receiver
) -> None:
    # libcurl tries ::1 first, where nobody listens.
    receiver.behaviour = receivers.reset

    answer = send(transport, post(f"http://localhost:{receiver.server_port}/"))

    assert answer.error == "reset"


def test_an_endless_answer_is_cut_and_its_status_counts(
    transport: Transport[int], receiver: Receiver
) -> None:
    receiver.behaviour = receivers.flood

    answer = send(transport, post(receiver.url))

    assert answer.is_accepted
    assert answer.body == b"x" * KEPT_BYTES


@pytest.mark.parametrize(
    "behaviour",
    [receivers.flood_headers, receivers.flood_one_header, receivers.flood_hints],
)
def test_an_endless_head_is_no_answer(
    transport: Transport[int], receiver: Receiver, behaviour: Behaviour
) -> None:
    receiver.behaviour = behaviour
    began = time.monotonic()

    answer = send(transport, post(receiver.url, timeout_s=10))

    assert (answer.status, answer.error) == (None, "invalid_answer")
    assert len(answer.header) < 64 * 1024
    assert time.monotonic() - began < 5


def test_of_ten_gigabytes_next_to_nothing_is_read(
    transport: Transport[int], receiver: Receiver
) -> None:
    sent = 0

    def pour(handler: receivers.Handler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("Content-Length", str(10 * 1024**3))
        handler.end_headers()
        with contextlib.suppress(OSError):
            while sent < 10 * 1024**3:
                handler.wfile.write(b"x" * 65536)
                sent += 65536

    receiver.behaviour = pour

    for _ in range(10):
        answer = send(transport, post(receiver.url))
        assert (answer.status, len(answer.body)) == (200, KEPT_BYTES)

    # Whatever the kernel holds for a connection has been sent, and no more.
    assert sent < 10 * 16 * 1024**2


@pytest.mark.parametrize("encoding", ["gzip", "br", "made-up"])
def test_what_was_compressed_without_being_asked_for_stays_so(
    transport: Transport[int], receiver: Receiver, encoding: str
) -> None:
    bomb = gzip.compress(bytes(4 * 1024**2))
    receiver.behaviour = answers(200, bomb, {"Content-Encoding": encoding})

    answer = send(transport, post(receiver.url))

    [request] = receiver.requests
    assert request.headers["Accept-Encoding"] is None
    assert (answer.status, answer.body) == (200, bomb)


def test_a_transfer_coding_that_was_not_asked_for_is_no_answer(
    transport: Transport[int], receiver: Receiver
) -> None:
    bomb = gzip.compress(bytes(4 * 1024**2))
    receiver.behaviour = answers(200, bomb, {"Transfer-Encoding": "gzip"})

    assert send(transport, post(receiver.url)).error == "invalid_answer"


def test_an_answer_has_its_headers_and_its_peer(
    transport: Transport[int], receiver: Receiver
) -> None:
    receiver.behaviour = answers(200, headers={"X-Request-Id": " 17 "})

    answer = send(transport, post(receiver.url))

    assert b"X-Request-Id:  17 \r\n" in answer.header
    assert (answer.peer, answer.tls_version) == ("127.0.0.1", None)


def test_the_headers_of_hints_are_not_the_answers(
    transport: Transport[int], receiver: Receiver
) -> None:
    def hint(handler: receivers.Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\nRetry-After: 1\r\n\r\n")
        handler.answer(204)

    receiver.behaviour = hint

    answer = send(transport, post(receiver.url))

    assert answer.status == 204
    assert answer.retry_after is None


def test_the_beginning_of_a_long_answer_is_kept(
    transport: Transport[int], receiver: Receiver
) -> None:
    receiver.behaviour = answers(500, b"y" * (KEPT_BYTES + 1))

    answer = send(transport, post(receiver.url))

    assert (answer.status, answer.body) == (500, b"y" * KEPT_BYTES)


def test_a_closed_port_is_a_refused_connection(transport: Transport[int]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    answer = send(transport, post(f"http://127.0.0.1:{port}/"))

    assert answer.error == "connection_refused"


def test_a_name_that_nobody_has_is_a_dns_error(transport: Transport[int]) -> None:
    answer = send(transport, post("http://nobody.invalid/"))

    assert answer.error == "dns"


def test_plain_text_where_tls_is_expected_is_a_tls_error(
    transport: Transport[int], receiver: Receiver
) -> None:
    answer = send(transport, post(receiver.url.replace("http", "https", 1)))

    assert answer.error == "tls"


def test_retry_after_is_read(transport: Transport[int], receiver: Receiver) -> None:
    receiver.behaviour = answers(503, headers={"retry-AFTER": "17"})

    assert send(transport, post(receiver.url)).retry_after == "17"


def test_connections_are_kept(transport: Transport[int], receiver: Receiver) -> None:
    for _ in range(5):
        send(transport, post(receiver.url))

    assert len({request.connection for request in receiver.requests}) == 1


def test_proxies_of_the_environment_are_not_asked(
    transport: Transport[int], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert send(transport, post(receiver.url)).is_accepted


def test_several_posts_are_in_flight_at_once(
    transport: Transport[int], receiver: Receiver
) -> None:
    receiver.behaviour = receivers.hang
    for number in range(4):
        transport.start(number, post(receiver.url))

    receivers.wait_until(lambda: transport.wait(0.01) or len(receiver.requests) == 4)

    assert len(transport) == 4


def test_what_is_interrupted_says_so(
    transport: Transport[int], receiver: Receiver
) -> None:
    receiver.behaviour = receivers.hang
    transport.start(7, post(receiver.url))
    transport.wait(0.05)

    [(key, answer)] = transport.interrupt()

    assert (key, answer.error, answer.status) == (7, "interrupted", None)
    assert not transport


def test_another_thread_can_wake_it(transport: Transport[int]) -> None:
    threading.Timer(0.05, transport.wake).start()
    began = time.monotonic()

    assert transport.wait(5) == []

    assert time.monotonic() - began < 1


def _wait(transport: Transport[int]) -> Sequence[tuple[int, Answer]]:
    while transport:
        if found := transport.wait(1):
            return found
    return []
