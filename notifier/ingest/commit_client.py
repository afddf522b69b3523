"""The way to the process that commits, for the web processes."""

import socket
import struct
from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from notifier.ingest.committer import Committer
from notifier.ingest.line import (
    ANSWER_LENGTH,
    NotCommitted,
    pack_request,
    read_answer,
)
from notifier.ingest.parcel import Parcel

# Longer than a database may be busy.
_PATIENCE_S: Final = 60
_TIMEOUT: Final = struct.pack("ll", _PATIENCE_S, 0)

_log = structlog.get_logger(__name__)


class CommitClient:
    """Has parcels committed. Threads share it.

    Where nobody is behind the *door*, or does not answer, or cannot commit them, *own*
    does it: what was committed in the end is known.
    """

    def __init__(self, door: socket.socket | None, own: Committer) -> None:
        self._door = door
        self._own = own
        # As many as threads have used at once.
        self._lines: deque[socket.socket] = deque()
        self._has_complained = False

    def commit(self, parcels: Sequence[Parcel]) -> int:
        """Do as `Committer.commit` does."""
        if self._door is not None:
            try:
                return self._ask(self._door, pack_request(parcels))
            except NotCommitted:
                pass
            except OSError as error:
                self._complain(error)
        return self._own.commit(parcels)

    def close(self) -> None:
        """Hang up. Nothing may be committed any more."""
        while self._lines:
            self._lines.pop().close()

    def _ask(self, door: socket.socket, request: bytes) -> int:
        line = self._take_line(door)
        try:
            line.sendall(request)
            answer = line.recv(ANSWER_LENGTH, socket.MSG_WAITALL)
        except OSError:
            line.close()
            raise
        if len(answer) == ANSWER_LENGTH:
            self._lines.append(line)
        else:
            line.close()
        return read_answer(answer)

    def _complain(self, error: OSError) -> None:
        """Log, once, that there is no such process, or that it does not answer."""
        if not self._has_complained:
            self._has_complained = True
            _log.error("ingest_commits_alone", error=str(error))

    def _take_line(self, door: socket.socket) -> socket.socket:
        try:
            return self._lines.pop()
        except IndexError:
            return _open_line(door)


def _open_line(door: socket.socket) -> socket.socket:
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            socket.send_fds(door, [b"\0"], [theirs.fileno()])
        except OSError:
            ours.close()
            raise
    # A time-out of Python's would take two system calls for each of ours.
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        ours.setsockopt(socket.SOL_SOCKET, option, _TIMEOUT)
    return ours
