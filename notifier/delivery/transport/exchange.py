"""What libcurl asks and tells about one POST."""

import socket
import time
from collections import deque
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

import pycurl

from notifier.delivery.echoes import mask_echoes
from notifier.delivery.transport.answer import KEPT_BYTES, Answer, Post

K = TypeVar("K")

_MAX_BYTES = 64 * 1024
# A drain may wait for its database for a while.
_MOST_FORGIVEN_S = 30.0
_MAX_HEADER_BYTES = 32 * 1024
# libcurl tries fewer addresses at the same time.
_MAX_SOCKETS = 8
_STATUS_LINE = b"HTTP/"
_RETRY_AFTER = b"retry-after:"
_TLS = b"SSL connection using "


class SocketAddress(Protocol):
    """Where libcurl is about to connect to; *addr* begins with host and port."""

    family: int
    socktype: int
    protocol: int
    addr: tuple[str, int]


class MayConnect(Protocol):
    """`Reach.may_connect`, or what remembers its answers."""

    def __call__(self, url: str, address: str, port: int, *, is_local: bool) -> bool:
        """Tell whether a POST to *url* may go to that address."""
        ...


class Exchange(Generic[K]):
    """One POST: where it may go, and what has come back so far."""

    def __init__(self, key: K, post: Post, may_connect: MayConnect) -> None:
        self.key = key
        self.is_cut = False
        self._is_refused = self._is_tried = False
        self.tls = post.tls
        self.is_encrypted = post.url[:6].lower() == "https:"
        self.tls_version: str | None = None
        self.local_port: int | None = None
        self._post = post
        self._may_connect = may_connect
        self._began = time.monotonic()
        self.late_at = self._began + post.timeout_s
        self._latest_at = self.late_at + _MOST_FORGIVEN_S
        self._sockets: deque[socket.socket] = deque()
        self._peer: str | None = None
        self._kept = bytearray()
        self._size = 0
        self._header_lines: list[bytes] = []
        self._header_size = 0

    def forgive(self, seconds: float) -> None:
        """Let an answer come so much later, within reason."""
        self.late_at = min(self.late_at + seconds, self._latest_at)

    @property
    def is_forbidden(self) -> bool:
        """Tell whether there were addresses, and none that might be tried."""
        return self._is_refused and not self._is_tried

    def open_socket(
        self, _purpose: int, address: SocketAddress
    ) -> "socket.socket | int":
        """Make the socket for an address that libcurl has found, if that is allowed."""
        host, port = address.addr[:2]
        if not self._is_allowed(host, port):
            self._is_refused = True
            return int(pycurl.SOCKET_BAD)
        self._is_tried = True
        # libcurl works with a copy of its descriptor.
        opened = socket.socket(address.family, address.socktype, address.protocol)
        self._sockets.append(opened)
        if len(self._sockets) > _MAX_SOCKETS:
            self._sockets.popleft().close()
        return opened

    def check_peer(self, peer: str, _local: str, port: int, local_port: int) -> int:
        """Check who is at the other end, before anything is sent, each time.

        *peer* is whom libcurl meant to connect to. The system is asked who that came
        to be, when the connection is new.
        """
        peer, port = self._connected_to(local_port) or (peer, port)
        self._peer, self.local_port = peer, local_port
        allowed = self._is_allowed(peer, port)
        return int(pycurl.PREREQFUNC_OK if allowed else pycurl.PREREQFUNC_ABORT)

    def write(self, chunk: bytes) -> int | None:
        """Keep the beginning of the body; refuse what is far too long."""
        self._size += len(chunk)
        self._kept += chunk[: KEPT_BYTES - len(self._kept)]
        if self._size > _MAX_BYTES:
            self.is_cut = True
            return 0
        return None

    def read_header(self, line: bytes) -> int | None:
        """Keep the header of the last answer: others, such as 103, come before it."""
        if line.startswith(_STATUS_LINE):
            self._header_lines.clear()
        self._header_lines.append(line)
        self._header_size += len(line)
        if self._header_size > _MAX_HEADER_BYTES:
            return 0
        return None

    def read_trace(self, kind: int, text: bytes) -> None:
        """Find the version of TLS in what libcurl tells: it has no other way."""
        if kind == pycurl.INFOTYPE_TEXT and text.startswith(_TLS):
            self.tls_version = text[len(_TLS) :].split(b" ", 1)[0].decode("latin-1")

    def close(self) -> None:
        """Close these copies of the sockets that were opened."""
        while self._sockets:
            self._sockets.popleft().close()

    def answer(self, status: int | None, error: str | None) -> Answer:
        """Sum up: there is either a status or an error."""
        secrets = self._post.secrets
        return Answer(
            started_at=self._post.at,
            duration_ms=int((time.monotonic() - self._began) * 1000),
            status=status,
            error=error,
            body=mask_echoes(bytes(self._kept), secrets),
            retry_after=self._retry_after(),
            header=mask_echoes(b"".join(self._header_lines), secrets),
            peer=self._peer,
            tls_version=self.tls_version,
            sent=self._post.sent,
        )

    def _connected_to(self, local_port: int) -> tuple[str, int] | None:
        for each in self._sockets:
            # Those that were given up for this one are not connected.
            with suppress(OSError):
                host, port = each.getpeername()[:2]
                if each.getsockname()[1] == local_port:
                    return host, port
        return None

    def _is_allowed(self, host: str, port: int) -> bool:
        return self._may_connect(
            self._post.url, host, port, is_local=self._post.is_local
        )

    def _retry_after(self) -> str | None:
        for line in self._header_lines:
            if line[: len(_RETRY_AFTER)].lower() == _RETRY_AFTER:
                return line[len(_RETRY_AFTER) :].strip().decode("latin-1")
        return None
