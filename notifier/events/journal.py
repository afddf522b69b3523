"""The journal: pulls' events on their way to the database.

A pull would be several times slower if its event were committed before the answer. So
the event is appended to a file of this process first, by one write, which outlives
the process whatever kills it. A `Mover` takes it from there to the database, at once
after.
"""

import fcntl
import os
import threading
from contextlib import suppress
from pathlib import Path

from notifier.db import Database
from notifier.events.announce import Announcer
from notifier.events.event import Event
from notifier.events.lines import render_line
from notifier.events.mover import SUFFIX, Mover
from notifier.ids import uuid7
from notifier.storage.disk import full_is_told

_ROTATE_BYTES = 8 * 1024 * 1024
_STOP_S = 5.0


class Journal:
    """One process's journal, in a *folder* that processes of one host share.

    Where no other process moves what is in the folder, a thread of this one does.
    """

    def __init__(self, folder: Path, database: Database, announcer: Announcer) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self._file = _File.create(folder)
        self._stopping = threading.Event()
        mover = Mover(folder, database, announcer)
        self._thread = threading.Thread(
            target=mover.stand_by, args=(self._stopping,), name="journal", daemon=True
        )
        self._thread.start()

    def append(self, event: Event) -> None:
        """Keep *event*; it will be in the database within a moment.

        Raises `StorageFull`, or another `OSError` if the file cannot take it; then
        nothing is kept.
        """
        line = render_line(event)
        with self._lock:
            with full_is_told():
                self._file.append(line)
            if self._file.size >= _ROTATE_BYTES:
                # If there cannot be a new file, this one has to go on: the event is in.
                with suppress(OSError):
                    full, self._file = self._file, _File.create(self._folder)
                    full.close()

    def close(self) -> None:
        """Take no more events, and stop.

        What is not moved by then stays in the folder, for the next start.
        """
        with self._lock:
            self._file.close()
        self._stopping.set()
        self._thread.join(_STOP_S)


class _File:
    """A file that is locked as long as its process may write to it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self.size = 0

    @classmethod
    def create(cls, folder: Path) -> "_File":
        path = folder / f"{uuid7()}{SUFFIX}"
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL
        # Nobody may take it for a dead process's file before it is locked.
        unlocked = path.with_suffix(".new")
        descriptor = os.open(unlocked, flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        unlocked.rename(path)
        return cls(path, descriptor)

    def append(self, line: bytes) -> None:
        """Write *line* whole or not at all."""
        written = os.write(self._descriptor, line)
        if written != len(line):
            os.ftruncate(self._descriptor, self.size)
            raise OSError(28, "no space left for the journal", str(self._path))
        self.size += written

    def close(self) -> None:
        """Leave the file to the mover, or remove it if nothing is in it."""
        if self.size == 0:
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
        # Whoever comes later must not write to whatever has this number then.
        self._descriptor = -1
