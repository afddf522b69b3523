"""A receiver of events, as lean as can be, in a process of its own.

It answers each POST with 200 at once and remembers when which event came. It does not
parse the JSON: an event's ``id`` and ``timestamp`` stand side by side in the envelope.
"""

import gc
import multiprocessing
import re
import select
import signal
import socket
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from multiprocessing.connection import Connection
from typing import Final

_EVENT: Final = re.compile(rb'"id":\s*"([^"]+)",\s*"timestamp":\s*"([^"]+)"')
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TIMESTAMP: Final = re.compile(r"([^.Z+]+?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")
_READ_BYTES: Final = 65_536
_END: Final = b"\r\n\r\n"
_ACCEPTED: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Receipts:
    """When events came: to each path each event counts once, however often it came.

    ``lags_s`` runs from an event's timestamp to its receipt.
    """

    received_ns: "array[int]"
    lags_s: "array[float]"
    duplicates: int
    cpu_s: float


class Receiver:
    """The receiver as its owner sees it."""

    def __init__(self, connection: Connection, url: str) -> None:
        self._connection = connection
        self.url = url

    def count(self) -> int:
        """Say how many events came since the last `take`."""
        self._connection.send("count")
        count: int = self._connection.recv()
        return count

    def take(self) -> Receipts:
        """Return what came since the last time, and forget it."""
        self._connection.send("take")
        receipts: Receipts = self._connection.recv()
        return receipts


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run a receiver on a free port of the loopback."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Receiver(ours, ours.recv())
    finally:
        process.kill()
        process.join()


class _Log:
    """What came."""

    def __init__(self) -> None:
        self.ids: set[bytes] = set()
        self.receipts: list[tuple[bytes, int]] = []
        self.duplicates = 0
        self.cpu_s = time.process_time()

    def add(self, request: bytes) -> None:
        now = time.time_ns()
        path = request[: request.find(b" HTTP/")]
        for event_id, timestamp in _EVENT.findall(request):
            key = path + event_id
            if key in self.ids:
                self.duplicates += 1
            else:
                self.ids.add(key)
                self.receipts.append((timestamp, now))

    def render(self) -> Receipts:
        received = array("q", (now for _, now in self.receipts))
        lags = array("d", (_lag_s(*receipt) for receipt in self.receipts))
        return Receipts(
            received, lags, self.duplicates, time.process_time() - self.cpu_s
        )


class _Listener:
    """An epoll loop: the owner's questions, new connections and what comes on them.

    asyncio would do, but the older registry opens a connection for each event, and then
    it takes a fifth of the machine from those that are measured.
    """

    def __init__(self, owner: Connection) -> None:
        self._owner = owner
        self._log = _Log()
        self._epoll = select.epoll()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._connections: dict[int, socket.socket] = {}
        self._buffers: dict[int, bytes] = {}

    def run(self) -> None:
        """Tell the owner the URL and receive until the owner is gone."""
        host, port = self._socket.getsockname()
        self._owner.send(f"http://{host}:{port}/events")
        self._epoll.register(self._owner.fileno(), select.EPOLLIN)
        self._epoll.register(self._socket.fileno(), select.EPOLLIN)
        with suppress(EOFError):
            while True:
                for fileno, _ in self._epoll.poll():
                    self._handle(fileno)

    def _handle(self, fileno: int) -> None:
        if fileno in self._connections:
            self._read(fileno)
        elif fileno == self._socket.fileno():
            self._accept()
        else:
            self._answer()

    def _accept(self) -> None:
        connection, _ = self._socket.accept()
        fileno = connection.fileno()
        self._connections[fileno] = connection
        self._buffers[fileno] = b""
        self._epoll.register(fileno, select.EPOLLIN)

    def _read(self, fileno: int) -> None:
        connection = self._connections[fileno]
        try:
            data = connection.recv(_READ_BYTES)
        except ConnectionResetError:
            data = b""
        if not data:
            # Closing takes it out of the epoll set too.
            connection.close()
            del self._connections[fileno], self._buffers[fileno]
            return
        buffer = self._buffers[fileno] + data
        while end := _find_end(buffer):
            self._log.add(buffer[:end])
            connection.sendall(_ACCEPTED)
            buffer = buffer[end:]
        self._buffers[fileno] = buffer

    def _answer(self) -> None:
        if self._owner.recv() == "count":
            self._owner.send(len(self._log.ids))
            return
        log, self._log = self._log, _Log()
        self._owner.send(log.render())


def _serve(owner: Connection) -> None:
    # Ctrl-C reaches the whole terminal; the owner decides when this ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing here is cyclic, and a collection would look like lag.
    gc.disable()
    _Listener(owner).run()


def _find_end(buffer: bytes) -> int:
    """Return where the first request ends, or 0 if it is not all there."""
    head_end = buffer.find(_END)
    if head_end < 0:
        return 0
    length = _LENGTH.search(buffer, 0, head_end)
    end = head_end + len(_END) + (int(length[1]) if length else 0)
    return end if len(buffer) >= end else 0


def _lag_s(timestamp: bytes, received_ns: int) -> float:
    match = _TIMESTAMP.fullmatch(timestamp.decode())
    if match is None:
        raise ValueError(f"not a timestamp: {timestamp!r}")
    whole, fraction, zone = match.groups()
    sent_ns = _whole_s(whole + zone) * 1_000_000_000 + int(
        (fraction or "").ljust(9, "0")
    )
    return (received_ns - sent_ns) / 1e9


@lru_cache(maxsize=1024)
def _whole_s(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp).timestamp())
