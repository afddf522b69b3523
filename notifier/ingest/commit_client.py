"""The way to the process that commits, for the web processes."""

import socket
import struct
import threading
import time
from array import array
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog

from notifier.ingest.committer import Committer
from notifier.ingest.line import (
    ANSWER_LENGTH,
    NotCommitted,
    pack_request,
    read_answer,
)
from notifier.ingest.parcel import EventsWanted, Parcel

# Longer than a database may be busy.
_PATIENCE_S: Final = 60
_TIMEOUT: Final = struct.pack("ll", _PATIENCE_S, 0)

# Who was not answered stays away for so long; then one of its threads tries again.
_ALONE_S: Final = 10.0
# Once somebody wanted to look at events, they are sent along for so long.
_WANTED_S: Final = 60.0

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
        self._trust = _Trust()
        self._with_events_until = 0.0

    def commit(self, parcels: Sequence[Parcel]) -> int:
        """Do as `Committer.commit` does."""
        if self._door is not None and self._trust.permits():
            try:
                recorded = self._bring(self._door, parcels)
            except OSError as error:
                self._trust.lose(error)
            except NotCommitted:
                pass
            else:
                self._trust.gain()
                return recorded
        return self._own.commit(parcels)

    def close(self) -> None:
        """Hang up. Nothing may be committed any more."""
        while self._lines:
            self._lines.pop().close()

    def _bring(self, door: socket.socket, parcels: Sequence[Parcel]) -> int:
        """Bring *parcels*, with their events if somebody wants to look at these."""
        # Of several, some may be committed before one is wanted.
        if len(parcels) == 1 and time.monotonic() >= self._with_events_until:
            try:
                return self._ask(door, pack_request(parcels, with_events=False))
            except EventsWanted:
                self._with_events_until = time.monotonic() + _WANTED_S
        return self._ask(door, pack_request(parcels, with_events=True))

    def _ask(self, door: socket.socket, request: bytes) -> int:
        try:
            line = self._lines.pop()
        except IndexError:
            line = _open_line(door)
        else:
            with suppress(ConnectionError):
                return self._say(line, request)
            # It was broken before; a new one need not be.
            line = _open_line(door)
        return self._say(line, request)

    def _say(self, line: socket.socket, request: bytes) -> int:
        """Say something on a line, which is kept if it is answered."""
        try:
            line.sendall(request)
            answer = line.recv(ANSWER_LENGTH, socket.MSG_WAITALL)
            if len(answer) < ANSWER_LENGTH:
                raise ConnectionResetError("it was hung up")
        except OSError:
            line.close()
            raise
        self._lines.append(line)
        return read_answer(answer)


class _Trust:
    """Whether to go to the door: of those who do not answer, it is lost for a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost_until = 0.0
        self._is_lost = False

    def permits(self) -> bool:
        """Tell whether to try; if it was lost, one may, now and then."""
        if not self._is_lost:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._lost_until:
                return False
            self._lost_until = now + _ALONE_S
            return True

    def lose(self, error: OSError) -> None:
        """Say so, once, until it is regained."""
        with self._lock:
            was_lost, self._is_lost = self._is_lost, True
            self._lost_until = time.monotonic() + _ALONE_S
        if not was_lost:
            _log.error("ingest_commits_alone", error=str(error))

    def gain(self) -> None:
        if self._is_lost:
            self._is_lost = False
            _log.info("ingest_commits_together")


def _open_line(door: socket.socket) -> socket.socket:
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            # Behind a door at which many wait, nobody is at work. (`send_fds` of
            # Python's takes flags, and passes them over.)
            end = socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [theirs.fileno()])
            door.sendmsg([b"\0"], [end], socket.MSG_DONTWAIT)
        except OSError:
            ours.close()
            raise
    # A time-out of Python's would take two system calls for each of ours.
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        ours.setsockopt(socket.SOL_SOCKET, option, _TIMEOUT)
    return ours
