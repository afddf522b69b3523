"""The keys of an outside issuer."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
import structlog

from notifier.access import key_source
from notifier.access.issuer import Issuer
from notifier.access.key_set import parse_key_set
from notifier.access.key_source import KeyUrl
from notifier.config import Settings
from tests.access import issuing
from tests.access.issuing import EC, ED, RSA, jwk
from tests.authorities import Authority


class Server(ThreadingHTTPServer):
    """Serves a key set, and counts how often."""

    body = issuing.key_set()
    status = 200
    asked = 0
    holds = threading.Event()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server_port}/keys.json"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        self.server.holds.wait()
        self.send_response(self.server.status)
        self.send_header("Location", self.server.url + "?again")
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(name="server")
def _server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    authority = Authority.make()
    (tmp_path / "ca.pem").write_text(authority.certificate_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    server = Server(("127.0.0.1", 0), _Handler)
    server.holds = threading.Event()
    server.holds.set()
    context = authority.server_context(tmp_path)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with _running(server):
        yield server


@contextmanager
def _running(server: Server) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.holds.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Clock:
    now = 5000.0

    def __call__(self) -> float:
        return self.now


def _ids(keys: Any) -> list[str | None]:
    return [key.id for key in keys]


def test_keys_are_fetched_when_they_are_needed_and_kept(server: Server) -> None:
    clock = Clock()
    keys = KeyUrl(server.url, clock)
    assert server.asked == 0

    assert _ids(keys.keys()) == ["rsa", "ec", "ed"]
    clock.now += 599
    keys.keys()
    assert server.asked == 1
    clock.now += 1
    keys.keys()
    assert server.asked == 2


def test_an_unknown_key_is_looked_for_every_30_seconds_at_most(server: Server) -> None:
    clock = Clock()
    keys = KeyUrl(server.url, clock)
    keys.keys()
    server.body = issuing.key_set(jwk(ED, "new"))

    assert _ids(keys.renewed()) == ["rsa", "ec", "ed"]
    clock.now += 30
    for _ in range(3):
        assert _ids(keys.renewed()) == ["new"]
    assert server.asked == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (302, b""),
        (200, b"<html>"),
        (200, b'{"keys": []}'),
        (200, b" " * (512 * 1024 + 1)),
    ],
)
def test_as_long_as_that_fails_the_keys_from_before_count(
    server: Server, status: int, body: bytes
) -> None:
    clock = Clock()
    keys = KeyUrl(server.url, clock)
    keys.keys()
    server.status, server.body = status, body
    clock.now += 600

    with structlog.testing.capture_logs() as logged:
        assert _ids(keys.keys()) == ["rsa", "ec", "ed"]

    [entry] = logged
    assert entry["event"] == "key_set_unreadable"
    assert server.asked == 2


def test_an_issuer_that_is_away_lets_nobody_in(server: Server) -> None:
    server.status = 503
    keys = KeyUrl(server.url, Clock())

    with structlog.testing.capture_logs():
        assert list(keys.keys()) == []
        assert list(keys.renewed()) == []
    assert server.asked == 1


def test_whoever_is_not_certified_is_not_asked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    with structlog.testing.capture_logs() as logged:
        assert list(KeyUrl(server.url, Clock()).keys()) == []

    assert "certificate verify failed" in logged[0]["error"]
    assert server.asked == 0


def test_one_fetches_while_the_others_go_on(server: Server) -> None:
    clock = Clock()
    keys = KeyUrl(server.url, clock)
    keys.keys()
    server.holds.clear()
    clock.now += 600
    slow = threading.Thread(target=keys.keys)
    slow.start()
    while server.asked < 2:
        pass

    assert _ids(keys.keys()) == ["rsa", "ec", "ed"]

    server.holds.set()
    slow.join()
    assert server.asked == 2


def test_a_slow_answer_is_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_source, "_DEADLINE_S", 0.05)
    server.holds.clear()

    with structlog.testing.capture_logs() as logged:
        assert list(KeyUrl(server.url, Clock()).keys()) == []
    assert "timed out" in logged[0]["error"]


def test_a_token_is_verified_by_a_key_of_a_url(server: Server) -> None:
    settings = Settings(
        token_issuer=issuing.ISSUER,
        token_jwks=server.url,
        token_audience=issuing.AUDIENCE,
    )
    issuer = Issuer.open(settings)

    assert issuer is not None
    assert issuer.verify(issuing.token()).name == "alice"


def test_only_public_keys_that_sign_count() -> None:
    private = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA))
    content = issuing.key_set(
        jwk(EC, "good"),
        jwk(EC, "encrypts", use="enc"),
        jwk(ED, "signs", use="sig", key_ops=["verify"]),
        private | {"kid": "private"},
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "oct", "kid": "shared-2", "k": "c2VjcmV0"},
        {"kty": "XX", "kid": "unknown"},
        {"kty": ["RSA"], "crv": {}, "kid": 7},
        jwk(ED, "curve-of-another", crv="P-256"),
        jwk(RSA, "other-algorithm", alg="ES256"),
        jwk(RSA, "list-for-an-algorithm", alg=["RS256"]),
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {},
    )

    assert _ids(parse_key_set(content)) == ["good", "signs"]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"x", b"null", b"{}", b"[" * 100_000, b'{"keys": "x"}'),
        json.dumps({"keys": [{}] * 51}).encode(),
    ],
)
def test_what_is_no_key_set_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"Key Set|50 keys at most"):
        parse_key_set(content)
