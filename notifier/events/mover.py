"""The mover: takes events from journals to the database, in large batches.

It is best run by a process of its own, for in a web process it would have to share the
interpreter with the requests. A folder has one mover at a time: it holds a lock on the
folder, and whoever waits for that lock takes over when it ends. An event's id is its
key: an event that is read twice, after a crash, is recorded once.
"""

import fcntl
import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from notifier.db import Database, DatabaseUnavailable
from notifier.events.announce import Announcer
from notifier.events.event import Event
from notifier.events.lines import parse_line

SUFFIX = ".journal"

_BATCH_BYTES = 256 * 1024
_LOOK_EVERY_S = 0.02
_TAKE_OVER_EVERY_S = 1.0
# Who stands in lets go of the lock now and then, for long enough to be relieved.
_TURN_S = 5.0
_LET_GO_S = 0.1
_RETRY_S = 1.0

_log = structlog.get_logger(__name__)


class Mover:
    """Moves what journals of a *folder* hold."""

    def __init__(self, folder: Path, database: Database, announcer: Announcer) -> None:
        self._folder = folder
        self._database = database
        self._announcer = announcer
        self._files: dict[Path, _File] = {}

    def run(self, stopping: threading.Event) -> None:
        """Move until *stopping* is set, as soon as no other mover is at it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        while not self._take_turn(stopping, math.inf):
            stopping.wait(_LOOK_EVERY_S)
        self._close()

    def stand_by(self, stopping: threading.Event) -> None:
        """Move until *stopping* is set, while nobody else does."""
        while not stopping.is_set():
            was_mine = self._take_turn(stopping, _TURN_S)
            stopping.wait(_LET_GO_S if was_mine else _TAKE_OVER_EVERY_S)
        self._take_turn(stopping, 0)
        self._close()

    def _take_turn(self, stopping: threading.Event, turn_s: float) -> bool:
        """Move for a while, if nobody else does; tell whether it was possible."""
        until = time.monotonic() + turn_s
        with _locked(self._folder) as is_mine:
            while is_mine:
                self._move_safely(stopping)
                if stopping.is_set() or time.monotonic() >= until:
                    break
                stopping.wait(_LOOK_EVERY_S)
        return is_mine or stopping.is_set()

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()
        self._database.leave()

    def _move_safely(self, stopping: threading.Event) -> None:
        """Try until it works: the events are safe in their files meanwhile."""
        while True:
            try:
                self._move_all()
            except (DatabaseUnavailable, OSError) as error:
                _log.warning("journal_waits", error=str(error))
            except Exception:  # noqa: BLE001 - without this loop all pulls would wait
                _log.exception("journal_waits")
            else:
                return
            if stopping.wait(_RETRY_S):
                return

    def _move_all(self) -> None:
        paths = sorted(self._folder.glob(f"*{SUFFIX}"))
        for path in self._files.keys() - set(paths):
            # Another mover has finished with it.
            self._files.pop(path).close()
        for path in paths:
            file = self._files.get(path)
            if file is None:
                try:
                    file = self._files[path] = _File(path)
                except FileNotFoundError:
                    # Its writer has stopped, and nothing was in it.
                    continue
            self._move(file)
            if file.is_done():
                file.remove()
                del self._files[path]

    def _move(self, file: "_File") -> None:
        while lines := file.next_lines():
            events = _parsed(lines)
            drafts = self._announcer.draft(self._database, events)
            with self._database.transaction() as transaction:
                # An earlier move may have been cut off before it was noted.
                self._announcer.announce_new(transaction, events, drafts)
            file.moved += len(lines)


class _File:
    """A journal's file, which its writer may still be writing to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_RDONLY)
        self.moved = 0

    def next_lines(self) -> bytes:
        """Return whole lines that are not moved yet, on disk for certain."""
        if self.moved >= os.fstat(self._descriptor).st_size:
            return b""
        os.fsync(self._descriptor)
        wanted = _BATCH_BYTES
        while True:
            data = os.pread(self._descriptor, wanted, self.moved)
            end = data.rfind(b"\n") + 1
            if end or len(data) < wanted:
                return data[:end]
            wanted *= 2

    def is_done(self) -> bool:
        """Tell whether nobody writes to it any more and all of it is moved."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        # Asked once more, now that there is no writer: a torn line at the end, which
        # nobody was answered for, is no reason to keep it.
        return not self.next_lines()

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        os.close(self._descriptor)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock, if it is free; say whether it was."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        yield False
        return
    try:
        yield True
    finally:
        os.close(descriptor)


def _parsed(lines: bytes) -> list[Event]:
    events = {}
    for line in lines.split(b"\n"):
        if not line:
            continue
        try:
            event = parse_line(line)
            events[event.id] = event
        except ValueError:
            # Only a power cut can leave such a line, before its sync.
            _log.exception("journal_line_unreadable")
    return list(events.values())
