"""A kept-alive connection that carries one operation after the other."""

import re
import socket
import time
from typing import Final

from benchmarks.images import Answer, Operation, Unexpected

# A server that is silent for this long is taken for dead.
SILENCE_S: Final = 30.0

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END: Final = b"\r\n\r\n"
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
        body_at = head_end + len(_END)
        end = body_at
        if not self._headless:
            length = _LENGTH.search(buffer, 0, head_end)
            if length is None:
                raise Unexpected(f"no Content-Length: {buffer[:head_end]!r}")
            end += int(length[1])
        if len(buffer) < end:
            return None
        self._buffer = b""
        return Answer(int(buffer[9:12]), buffer[:head_end], buffer[body_at:end])
