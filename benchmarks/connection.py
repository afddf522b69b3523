"""A kept-alive connection that carries one operation after the other."""

import re
import socket
import time
from typing import Final

from benchmarks.operations import Answer, Operation, Unexpected

# A server that is silent for this long is taken for dead.
SILENCE_S: Final = 30.0

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_END: Final = b"\r\n\r\n"
_LINE_END: Final = b"\r\n"
_READ_BYTES: Final = 65_536


class Connection:
    """One connection to *host*, an address with a port."""

    def __init__(self, host: str) -> None:
        self._address = tuple(host.rsplit(":", 1))
        self.started_at = 0.0
        self._operation: Operation
        self._buffer = b""
        self._headless = False
        self._socket = self._connect()

    def fileno(self) -> int:
        """Return what epoll knows the connection by; a new one after `reconnect`."""
        return self._socket.fileno()

    def reconnect(self) -> None:
        """Begin anew: nobody knows what would still come after an error."""
        self._socket.close()
        self._buffer = b""
        self._socket = self._connect()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def start(self, operation: Operation) -> None:
        """Send the first request of *operation*."""
        self.started_at = time.perf_counter()
        self._operation = operation
        self._send(next(operation))

    def advance(self) -> bool:
        """Read what came and send what follows; say whether the operation is done."""
        data = self._socket.recv(_READ_BYTES)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        self._buffer += data
        answer = self._take_answer()
        if answer is None:
            return False
        try:
            self._send(self._operation.send(answer))
        except StopIteration:
            return True
        return False

    def _connect(self) -> socket.socket:
        address, port = self._address
        made = socket.create_connection((address, int(port)), timeout=SILENCE_S)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Blocking, since it is only read when epoll says so: that saves a poll.
        made.settimeout(None)
        return made

    def _send(self, request: bytes) -> None:
        self._headless = request.startswith(b"HEAD")
        self._socket.sendall(request)

    def _take_answer(self) -> Answer | None:
        buffer = self._buffer
        head_end = buffer.find(_END)
        if head_end < 0:
            return None
        body = self._find_body(buffer, head_end, head_end + len(_END))
        if body is None:
            return None
        self._buffer = b""
        return Answer(int(buffer[9:12]), buffer[:head_end], body)

    def _find_body(self, buffer: bytes, head_end: int, start: int) -> bytes | None:
        """Return the body, if it is all there."""
        if self._headless:
            return b""
        if length := _LENGTH.search(buffer, 0, head_end):
            end = start + int(length[1])
            return buffer[start:end] if len(buffer) >= end else None
        if _CHUNKED.search(buffer, 0, head_end):
            return _join_chunks(buffer, start)
        raise Unexpected(f"no end is told: {buffer[:head_end]!r}")


def _join_chunks(buffer: bytes, start: int) -> bytes | None:
    """Return a body that is sent in chunks, without trailers, if it is all there."""
    chunks: list[bytes] = []
    while (line_end := buffer.find(_LINE_END, start)) >= 0:
        size, data_at = int(buffer[start:line_end], 16), line_end + len(_LINE_END)
        start = data_at + size + len(_LINE_END)
        if len(buffer) < start:
            return None
        if size == 0:
            return b"".join(chunks)
        chunks.append(buffer[data_at : data_at + size])
    return None
