"""POSTs over TLS, to real servers with certificates of an authority of ours."""

import socket
import ssl
import time
from pathlib import Path

import pytest

from notifier.delivery.tls import Tls
from tests import receiver as receivers
from tests.authorities import Authority
from tests.delivery.sending import post, send, transport
from tests.receiver import answers


@pytest.fixture(name="authority", scope="module")
def _authority() -> Authority:
    return Authority.make()


def _client(authority: Authority) -> Tls:
    client = authority.sign("notifier")
    return Tls(
        ca=authority.certificate_pem,
        client_certificate=client.certificate_pem,
        client_key=client.key_pem,
    )


def test_a_server_of_an_unknown_authority_is_sent_nothing(
    authority: Authority, tmp_path: Path
) -> None:
    with receivers.running(authority.server_context(tmp_path)) as receiver:
        with transport() as opened:
            answer = send(opened, post(receiver.url))

        assert (answer.status, answer.error) == (None, "tls")
        assert receiver.requests == []


def test_an_endpoint_may_have_an_authority_of_its_own(
    authority: Authority, tmp_path: Path
) -> None:
    tls = Tls(ca=authority.certificate_pem)
    with receivers.running(authority.server_context(tmp_path)) as receiver:
        with transport() as opened:
            answers_ = [send(opened, post(receiver.url, tls=tls)) for _ in range(3)]

        assert all(answer.is_accepted for answer in answers_)
        # The connection is kept, and its version remembered.
        assert {answer.tls_version for answer in answers_} == {"TLSv1.3"}
        assert len({request.connection for request in receiver.requests}) == 1


def test_another_authority_does_not_count(authority: Authority, tmp_path: Path) -> None:
    tls = Tls(ca=Authority.make().certificate_pem)
    with (
        receivers.running(authority.server_context(tmp_path)) as receiver,
        transport() as opened,
    ):
        assert send(opened, post(receiver.url, tls=tls)).error == "tls"


def test_a_certificate_for_another_name_does_not_count(
    authority: Authority, tmp_path: Path
) -> None:
    tls = Tls(ca=authority.certificate_pem)
    context = authority.server_context(tmp_path, "other.example")
    with receivers.running(context) as receiver, transport() as opened:
        assert send(opened, post(receiver.url, tls=tls)).error == "tls"


def test_older_versions_are_not_spoken(authority: Authority, tmp_path: Path) -> None:
    context = authority.server_context(tmp_path)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    tls = Tls(ca=authority.certificate_pem)
    with receivers.running(context) as receiver, transport() as opened:
        assert send(opened, post(receiver.url, tls=tls)).error == "tls"


def test_the_version_is_told(authority: Authority, tmp_path: Path) -> None:
    context = authority.server_context(tmp_path)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    tls = Tls(ca=authority.certificate_pem)
    with receivers.running(context) as receiver, transport() as opened:
        assert send(opened, post(receiver.url, tls=tls)).tls_version == "TLSv1.2"


def test_a_server_that_wants_to_know_its_client_learns_it(
    authority: Authority, tmp_path: Path
) -> None:
    context = authority.server_context(tmp_path, asks_clients=True)
    with receivers.running(context) as receiver, transport() as opened:
        known = send(opened, post(receiver.url, tls=_client(authority)))
        unknown = send(
            opened, post(receiver.url, tls=Tls(ca=authority.certificate_pem))
        )

    assert known.is_accepted
    # With TLS 1.3 the refusal comes when the handshake is over for the client.
    assert unknown.error in {"tls", "reset"}
    assert len(receiver.requests) == 1


def test_a_connection_is_not_used_for_another_client(
    authority: Authority, tmp_path: Path
) -> None:
    context = authority.server_context(tmp_path, asks_clients=True)
    stranger = Authority.make().sign("stranger")
    other = Tls(
        ca=authority.certificate_pem,
        client_certificate=stranger.certificate_pem,
        client_key=stranger.key_pem,
    )
    with receivers.running(context) as receiver, transport() as opened:
        assert send(opened, post(receiver.url, tls=_client(authority))).is_accepted
        refused = send(opened, post(receiver.url, tls=other))

    assert refused.error in {"tls", "reset"}
    assert len(receiver.requests) == 1


def test_what_is_in_flight_ends_with_the_tls_that_it_began_with(
    authority: Authority, tmp_path: Path
) -> None:
    context = authority.server_context(tmp_path)
    with receivers.running(context) as receiver, transport() as opened:
        receiver.behaviour = receivers.hang
        opened.start(1, post(receiver.url, tls=Tls(ca=authority.certificate_pem)))
        receivers.wait_until(lambda: opened.wait(0.01) or receiver.requests)
        opened.start(2, post(receiver.url))
        found = dict(opened.wait(1))
        receiver.behaviour = answers(200)
        receiver.released.set()
        while opened:
            found |= dict(opened.wait(1))
        last = send(opened, post(receiver.url))

    assert found[1].is_accepted
    assert found[2].error == "tls"
    assert last.error == "tls"


def test_a_handshake_that_hangs_is_over_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, transport() as opened:
        began = time.monotonic()
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"
        answer = send(opened, post(url, timeout_s=0.3))

    assert answer.error == "timeout"
    assert time.monotonic() - began < 2
