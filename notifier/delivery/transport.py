"""One POST to one endpoint, many at a time. No retries here: those are the schedule's.

An answer has to be complete within the time limit, however slowly it drips. Redirects
are not followed, and proxies of the environment not asked. An endpoint's misbehaviour
is an `Answer`, never an exception.
"""

import errno
import os
import selectors
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

import certifi
import pycurl

K = TypeVar("K")

KEPT_BYTES: Final = 16 * 1024
INTERRUPTED: Final = "interrupted"

_MAX_BYTES = 64 * 1024
_MIN_STATUS, _MAX_STATUS = 200, 299
_RETRY_AFTER = b"retry-after:"

_ERRORS = {
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_COULDNT_CONNECT: "unreachable",
    pycurl.E_OPERATION_TIMEDOUT: "timeout",
    pycurl.E_GOT_NOTHING: "reset",
    pycurl.E_SEND_ERROR: "reset",
    pycurl.E_RECV_ERROR: "reset",
    pycurl.E_PARTIAL_FILE: "reset",
    pycurl.E_UNSUPPORTED_PROTOCOL: "invalid_answer",
    # Its name is older than its use: the answer is not HTTP.
    pycurl.E_FTP_WEIRD_SERVER_REPLY: "invalid_answer",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_SSL_CIPHER: "tls",
    pycurl.E_SSL_ISSUER_ERROR: "tls",
    pycurl.E_PEER_FAILED_VERIFICATION: "tls",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What to send, where to, and how long it may take."""

    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: a status, or an error that says why there is none."""

    started_at: datetime
    duration_ms: int
    status: int | None = None
    error: str | None = None
    body: bytes = b""
    retry_after: str | None = None

    @property
    def is_accepted(self) -> bool:
        """Tell whether the endpoint has taken what it was sent."""
        return self.status is not None and _MIN_STATUS <= self.status <= _MAX_STATUS


class Transport(Generic[K]):
    """Makes POSTs for one thread; connections are kept from one to the next."""

    def __init__(self, max_connections: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._timer: float | None = None
        self._idle: list[pycurl.Curl] = []
        self._running: dict[pycurl.Curl, _Exchange[K]] = {}
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, max_connections)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    def __len__(self) -> int:
        """Count the POSTs that wait for their answer."""
        return len(self._running)

    def start(self, key: K, post: Post) -> None:
        """Begin a POST; `wait` will return its answer beside *key*."""
        curl = self._idle.pop() if self._idle else _new_curl()
        exchange = _Exchange(key)
        curl.setopt(pycurl.URL, post.url)
        curl.setopt(pycurl.TIMEOUT_MS, int(post.timeout_s * 1000))
        curl.setopt(
            pycurl.HTTPHEADER,
            # curl would ask for permission to send a larger body, and wait for it.
            [*(f"{name}: {value}" for name, value in post.headers), "Expect:"],
        )
        curl.setopt(pycurl.POSTFIELDS, post.body)
        curl.setopt(pycurl.WRITEFUNCTION, exchange.write)
        curl.setopt(pycurl.HEADERFUNCTION, exchange.read_header)
        self._running[curl] = exchange
        self._multi.add_handle(curl)

    def wait(self, timeout_s: float) -> list[tuple[K, Answer]]:
        """Wait until some POST is done, `wake` is called or the time is up."""
        for descriptor, mask in self._ready(timeout_s):
            if descriptor == self._wake_read:
                os.read(self._wake_read, 4096)
            else:
                self._multi.socket_action(descriptor, mask)
        if self._timer is not None and time.monotonic() >= self._timer:
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        return self._done()

    def wake(self) -> None:
        """Make `wait` return soon; any thread may call this."""
        # If the pipe is full, it is about to wake already.
        with suppress(BlockingIOError):
            os.write(self._wake_write, b".")

    def interrupt(self) -> list[tuple[K, Answer]]:
        """Give up what is running, and say so in its answers."""
        interrupted = [
            (exchange.key, exchange.answer(INTERRUPTED))
            for exchange in self._running.values()
        ]
        for curl in self._running:
            self._multi.remove_handle(curl)
            curl.close()
        self._running.clear()
        return interrupted

    def close(self) -> None:
        """Close all connections."""
        self.interrupt()
        for curl in self._idle:
            curl.close()
        self._multi.close()
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _ready(self, timeout_s: float) -> list[tuple[int, int]]:
        if self._timer is not None:
            timeout_s = min(timeout_s, max(self._timer - time.monotonic(), 0))
        return [
            (key.fd, _curl_mask(mask)) for key, mask in self._selector.select(timeout_s)
        ]

    def _done(self) -> list[tuple[K, Answer]]:
        _, completed, failed = self._multi.info_read()
        return [self._finish(curl, None) for curl in completed] + [
            self._finish(curl, code) for curl, code, _message in failed
        ]

    def _finish(self, curl: pycurl.Curl, code: int | None) -> tuple[K, Answer]:
        exchange = self._running.pop(curl)
        self._multi.remove_handle(curl)
        answer = exchange.answer(_error_of(curl, code, exchange), curl)
        self._idle.append(curl)
        return exchange.key, answer

    def _watch(self, what: int, descriptor: int, _multi: object, _data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            self._selector.unregister(descriptor)
            return
        mask = _selector_mask(what)
        try:
            self._selector.modify(descriptor, mask)
        except KeyError:
            self._selector.register(descriptor, mask)

    def _set_timer(self, timeout_ms: int) -> None:
        self._timer = None if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000


class _Exchange(Generic[K]):
    """What has come back so far from one POST."""

    def __init__(self, key: K) -> None:
        self.key = key
        self.is_cut = False
        self._started_at = datetime.now(UTC)
        self._began = time.monotonic()
        self._kept = bytearray()
        self._size = 0
        self._retry_after: str | None = None

    def write(self, chunk: bytes) -> int | None:
        """Keep the beginning of the body; refuse what is far too long."""
        self._size += len(chunk)
        self._kept += chunk[: KEPT_BYTES - len(self._kept)]
        if self._size > _MAX_BYTES:
            self.is_cut = True
            return 0
        return None

    def read_header(self, line: bytes) -> None:
        """Keep the one header that counts."""
        if line[: len(_RETRY_AFTER)].lower() == _RETRY_AFTER:
            self._retry_after = line[len(_RETRY_AFTER) :].strip().decode("latin-1")

    def answer(self, error: str | None, curl: pycurl.Curl | None = None) -> Answer:
        """Sum up; without *error* there is a status."""
        return Answer(
            started_at=self._started_at,
            duration_ms=int((time.monotonic() - self._began) * 1000),
            status=curl.getinfo(pycurl.RESPONSE_CODE) if curl and not error else None,
            error=error,
            body=bytes(self._kept),
            retry_after=self._retry_after,
        )


def _new_curl() -> pycurl.Curl:
    curl = pycurl.Curl()
    curl.setopt(pycurl.POST, 1)
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    curl.setopt(pycurl.FOLLOWLOCATION, 0)
    curl.setopt(pycurl.PATH_AS_IS, 1)
    curl.setopt(pycurl.NOPROXY, "*")
    curl.setopt(pycurl.CAINFO, certifi.where())
    curl.setopt(pycurl.SSL_VERIFYPEER, 1)
    curl.setopt(pycurl.SSL_VERIFYHOST, 2)
    curl.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
    # Signals belong to the main thread.
    curl.setopt(pycurl.NOSIGNAL, 1)
    return curl


def _error_of(
    curl: pycurl.Curl, code: int | None, exchange: _Exchange[K]
) -> str | None:
    if code is None or (code == pycurl.E_WRITE_ERROR and exchange.is_cut):
        return None
    if curl.getinfo(pycurl.OS_ERRNO) == errno.ECONNREFUSED:
        return "connection_refused"
    return _ERRORS.get(code, "failed")


def _selector_mask(what: int) -> int:
    return (selectors.EVENT_READ if what & pycurl.POLL_IN else 0) | (
        selectors.EVENT_WRITE if what & pycurl.POLL_OUT else 0
    )


def _curl_mask(mask: int) -> int:
    return (pycurl.CSELECT_IN if mask & selectors.EVENT_READ else 0) | (
        pycurl.CSELECT_OUT if mask & selectors.EVENT_WRITE else 0
    )
