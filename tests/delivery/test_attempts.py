"""What is on record of an attempt, beside what it has sent."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from notifier.delivery.answer_headers import read_header
from notifier.delivery.attempts import Attempt, get_attempt
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.errors import AttemptUnknown
from notifier.delivery.headers import MASK
from tests import factories, receiver
from tests.authorities import Authority
from tests.delivery.desk import Desk
from tests.receiver import Receiver, answers, hang


def _attempt(desk: Desk) -> Attempt:
    desk.announce()
    desk.send()
    [attempt] = desk.attempts()
    return attempt


@pytest.mark.parametrize("status", [200, 503])
def test_the_header_of_the_answer_is_kept_as_it_came(
    desk: Desk, receiver: Receiver, status: int
) -> None:
    desk.create(receiver.url)
    receiver.behaviour = answers(status, b"later", {"X-A": " é: 1 ", "x-a": "2"})

    attempt = _attempt(desk)

    assert attempt.response_headers is not None
    names = [name for name, _ in attempt.response_headers]
    assert names == ["Server", "Date", "X-A", "x-a", "Content-Length"]
    assert list(attempt.response_headers)[2:] == [
        ("X-A", "é: 1"),
        ("x-a", "2"),
        ("Content-Length", "5"),
    ]
    assert not attempt.response_headers_truncated


def test_cookies_are_the_receivers_own(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url)
    receiver.behaviour = answers(200, b"", {"SET-Cookie": "session=hunter2"})

    attempt = _attempt(desk)

    assert ("set-cookie", MASK) in (attempt.response_headers or [])
    assert "hunter2" not in repr(attempt)


@pytest.mark.parametrize(("status", "most"), [(200, 1024), (500, 4096)])
def test_a_long_header_is_cut_between_lines_and_that_is_said(
    desk: Desk, receiver: Receiver, status: int, most: int
) -> None:
    desk.create(receiver.url)
    lines = {f"X-{number}": "x" * 90 for number in range(100)}
    receiver.behaviour = answers(status, b"", lines)

    attempt = _attempt(desk)

    kept = list(attempt.response_headers or [])
    assert attempt.response_headers_truncated
    assert kept[2:] == list(lines.items())[: len(kept) - 2]
    assert most - 100 < sum(len(f"{n}: {v}\r\n") for n, v in kept) <= most


def test_a_line_that_is_too_long_leaves_none() -> None:
    assert read_header(b"") == ([], True)
    assert read_header(b"\r\n") == ([], False)
    assert read_header(b"A: b\n\n") == ([("A", "b")], False)


def test_without_an_answer_there_is_no_header(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url, timeout_s=1)
    receiver.behaviour = hang

    attempt = _attempt(desk)

    assert (attempt.status, attempt.error) == (None, "timeout")
    assert attempt.response_headers is None
    assert attempt.peer == "127.0.0.1"


def test_of_what_went_together_each_has_the_header(
    desk: Desk, receiver: Receiver
) -> None:
    desk.create(receiver.url, policy={"max_batch": 10})
    receiver.behaviour = answers(200, b"", {"X-A": "b"})
    desk.announce(factories.event(), factories.event())
    desk.sweep()
    desk.wait_for(DeliveryState.DELIVERED, 2)

    for delivery in desk.deliveries():
        [attempt] = desk.attempts(delivery.id)
        assert ("X-A", "b") in (attempt.response_headers or [])
        assert attempt.peer == "127.0.0.1"


def test_the_connection_is_told(desk: Desk, tmp_path: Path) -> None:
    authority = Authority.make()
    with receiver.running(authority.server_context(tmp_path)) as other_side:
        desk.create(other_side.url, tls={"ca": authority.certificate_pem})
        attempt = _attempt(desk)

    assert attempt.tls_version == "TLSv1.3"
    assert attempt.peer in {"127.0.0.1", "::1"}


def test_one_attempt_is_found_by_its_number(desk: Desk, receiver: Receiver) -> None:
    desk.create(receiver.url)
    attempt = _attempt(desk)
    [delivery] = desk.deliveries()

    def get(delivery_id: UUID, number: int) -> Attempt:
        with desk.database.read() as connection:
            return get_attempt(connection, delivery_id, number)

    assert get(delivery.id, 1) == attempt
    with pytest.raises(AttemptUnknown):
        get(delivery.id, 2)
    with pytest.raises(AttemptUnknown):
        get(uuid4(), 1)
