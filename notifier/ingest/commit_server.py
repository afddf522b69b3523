"""The process that commits what web processes have read.

A web process has many threads, which wait for each other at each statement; and all
others wait for the transaction that this makes longer. Here is one thread: it commits,
together, what has come while it committed what came before.

A web process opens a line by sending one end of it through the *door*, a socket that
was there before both.
"""

import select
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from notifier.ingest.committer import MAX_TOGETHER, Committer
from notifier.ingest.line import pack_answer, read_request
from notifier.ingest.parcel import Parcel

_BLOCK: Final = 1024 * 1024
_LOOK_EVERY_S: Final = 0.2

_log = structlog.get_logger(__name__)


class CommitServer:
    """Commits what comes on its lines."""

    def __init__(self, door: socket.socket, committer: Committer) -> None:
        self._door = door
        self._committer = committer
        self._lines: dict[int, _Line] = {}
        self._poll = select.epoll()
        self._block = memoryview(bytearray(_BLOCK))

    def run(self, is_stopping: Callable[[], bool]) -> None:
        """Commit until it *is_stopping*; nothing may come then any more."""
        self._door.settimeout(0)
        self._poll.register(self._door, select.EPOLLIN)
        while not is_stopping():
            try:
                self._work()
            except Exception:  # noqa: BLE001 - the web processes can do without, not all
                _log.exception("commit_failed")
                self._hang_up_all()
        self._hang_up_all()
        self._poll.close()

    def _work(self) -> None:
        """Wait for something to come, and answer all that has."""
        waiting: list[tuple[_Line, list[Parcel]]] = []
        events = 0
        for descriptor, _ in self._poll.poll(_LOOK_EVERY_S):
            line = self._lines.get(descriptor)
            if line is None:
                self._open_lines()
            elif (parcels := self._hear(line)) is not None:
                waiting.append((line, parcels))
                events += sum(len(parcel.drafts) for parcel in parcels)
                if events >= MAX_TOGETHER:
                    # The others come next: nobody waits for all that there is.
                    break
        if not waiting:
            return
        results = self._committer.commit_together([parcels for _, parcels in waiting])
        for (line, _), result in zip(waiting, results, strict=True):
            # Whoever has gone is not there to be told.
            with suppress(OSError):
                line.socket.sendall(pack_answer(result))

    def _hear(self, line: "_Line") -> list[Parcel] | None:
        """Return what is brought, if that is all of it."""
        try:
            return line.receive(self._block)
        except OSError:
            self._hang_up(line)
            return None

    def _open_lines(self) -> None:
        with suppress(BlockingIOError):
            while descriptors := socket.recv_fds(self._door, 1, 1)[1]:
                for descriptor in descriptors:
                    line = self._lines[descriptor] = _Line(descriptor)
                    self._poll.register(line.socket, select.EPOLLIN)

    def _hang_up_all(self) -> None:
        for line in list(self._lines.values()):
            self._hang_up(line)

    def _hang_up(self, line: "_Line") -> None:
        del self._lines[line.socket.fileno()]
        self._poll.unregister(line.socket)
        line.socket.close()


class _Line:
    """One end of a line. The other one waits for an answer before it says more."""

    def __init__(self, descriptor: int) -> None:
        self.socket = socket.socket(fileno=descriptor)
        self._received = bytearray()

    def receive(self, block: memoryview) -> list[Parcel] | None:
        """Return what was brought, if that is all of it; *block* is to read it into.

        Raises an `OSError` if the other end is gone.
        """
        length = self.socket.recv_into(block, flags=socket.MSG_DONTWAIT)
        if not length:
            raise ConnectionResetError
        if not self._received and (parcels := read_request(block[:length])) is not None:
            return parcels
        self._received += block[:length]
        parcels = read_request(self._received)
        if parcels is not None:
            self._received.clear()
        return parcels
