"""The journal: pulls' events on their way to the database.

A pull would be several times slower if its event were committed before the answer. So
the event is appended to a file of this process first, by one write, which outlives
the process whatever kills it; a thread syncs the file and moves its events to the
database in large batches, at once after. When pulls come faster than that thread gets
to run, those who append lend a hand, so that the journal stays short. Files that a dead
process left behind are moved at the next start. An event's id is its key: it is
recorded once.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
import structlog

from notifier.db import Database, DatabaseUnavailable, Transaction, batches
from notifier.events.announce import Announcer
from notifier.events.event import (
    Action,
    Descriptor,
    Event,
    Kind,
    RequestRecord,
    Source,
    Target,
)
from notifier.events.record import EventRow
from notifier.ids import uuid7
from notifier.registry.digest import Digest

_BATCH_BYTES = 256 * 1024
_LONG_BYTES = 1024 * 1024
_ROTATE_BYTES = 8 * 1024 * 1024
_LINGER_S = 0.02
_RETRY_S = 1.0
_STOP_S = 5.0

_log = structlog.get_logger(__name__)


class Journal:
    """One process's journal, in a *folder* that processes of one host share."""

    def __init__(self, folder: Path, database: Database, announcer: Announcer) -> None:
        self._folder = folder
        self._database = database
        self._announcer = announcer
        self._lock = threading.Lock()
        self._moving = threading.Lock()
        self._waits = False
        self._wake = threading.Event()
        self._stopping = threading.Event()
        folder.mkdir(parents=True, exist_ok=True)
        self._file = _File.create(folder)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def append(self, event: Event) -> None:
        """Keep *event*; it will be in the database within a moment.

        Raises `OSError` if the file cannot take it; then nothing is kept.
        """
        line = orjson.dumps(event) + b"\n"
        with self._lock:
            self._file.append(line)
            is_long = self._file.size - self._file.moved > _LONG_BYTES
        if not self._wake.is_set():
            self._wake.set()
        if is_long and not self._waits:
            self._lend_a_hand()

    def close(self) -> None:
        """Move what is left, for some seconds at most, and stop.

        What cannot be moved then stays in the file, for the next start.
        """
        self._stopping.set()
        self._wake.set()
        self._thread.join(_STOP_S)

    def _run(self) -> None:
        self._move_safely(self._move_orphans)
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            self._stopping.wait(_LINGER_S)
            self._move_safely(self._move_own)
        # An event may have come after the last look, before the stop.
        self._move_safely(self._move_own)
        self._leave()
        self._database.close()

    def _lend_a_hand(self) -> None:
        """Move what is there, unless another thread is at it."""
        if not self._moving.acquire(blocking=False):
            return
        try:
            self._move_file(self._file)
        except (DatabaseUnavailable, OSError) as error:
            # The event is safe in the file, and the journal's own thread goes on.
            self._waits = True
            _log.warning("journal_waits", error=str(error))
        finally:
            self._moving.release()

    def _move_safely(self, move: Callable[[], None]) -> None:
        """Try until it works: the events are safe in the file meanwhile."""
        while True:
            try:
                move()
            except (DatabaseUnavailable, OSError) as error:
                _log.warning("journal_waits", error=str(error))
            except Exception:  # noqa: BLE001 - without this thread all pulls would wait
                _log.exception("journal_waits")
            else:
                self._waits = False
                return
            self._waits = True
            if self._stopping.wait(_RETRY_S):
                return

    def _move_own(self) -> None:
        with self._moving:
            file = self._file
            self._move_file(file)
            with self._lock:
                if file.size >= _ROTATE_BYTES and file.moved == file.size:
                    self._file = _File.create(self._folder)
                    file.remove()

    def _move_orphans(self) -> None:
        for path in sorted(self._folder.glob("*.journal")):
            file = _File.adopt(path)
            if file is not None:
                self._move_file(file)
                file.remove()

    def _move_file(self, file: "_File") -> None:
        while lines := file.next_lines():
            events = _parsed(lines)
            with self._database.transaction() as transaction:
                self._announcer.announce(transaction, _unrecorded(transaction, events))
            file.moved += len(lines)

    def _leave(self) -> None:
        """Take no more events; leave the file for the next start if any is in it."""
        with self._lock:
            if self._file.moved == self._file.size:
                self._file.remove()
            else:
                self._file.close()


class _File:
    """A journal's file, locked by the process that writes or moves it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        self.moved = 0

    @classmethod
    def create(cls, folder: Path) -> "_File":
        path = folder / f"{uuid7()}.journal"
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL
        # Nobody may take it for a dead process's file before it is locked.
        unlocked = path.with_suffix(".new")
        descriptor = os.open(unlocked, flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        unlocked.rename(path)
        return cls(path, descriptor)

    @classmethod
    def adopt(cls, path: Path) -> "_File | None":
        """Take over a dead process's file; None if its process lives."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return cls(path, descriptor)

    def append(self, line: bytes) -> None:
        """Write *line* whole or not at all."""
        written = os.write(self._descriptor, line)
        if written != len(line):
            os.ftruncate(self._descriptor, self.size)
            raise OSError(28, "no space left for the journal", str(self._path))
        self.size += written

    def next_lines(self) -> bytes:
        """Return whole lines that are not moved yet, on disk for certain."""
        if self.moved >= self.size:
            return b""
        os.fsync(self._descriptor)
        wanted = _BATCH_BYTES
        while True:
            data = os.pread(self._descriptor, wanted, self.moved)
            end = data.rfind(b"\n") + 1
            if end or len(data) < wanted:
                return data[:end]
            wanted *= 2

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        os.close(self._descriptor)
        # Whoever comes later must not write to whatever has this number then.
        self._descriptor = -1


def _parsed(lines: bytes) -> list[Event]:
    events = []
    for line in lines.splitlines():
        try:
            events.append(_event(orjson.loads(line)))
        except (ValueError, KeyError, TypeError):
            # Only a power cut can leave such a line, before its sync.
            _log.exception("journal_line_unreadable")
    return events


def _unrecorded(transaction: Transaction, events: Iterable[Event]) -> list[Event]:
    """Leave out what an earlier move, cut off before it was noted, has recorded."""
    by_id = {event.id: event for event in events}
    for batch in batches(list(by_id)):
        found = transaction.execute(
            sa.select(EventRow.id).where(EventRow.id.in_(batch))
        )
        for id_ in found.scalars():
            del by_id[id_]
    return list(by_id.values())


def _event(line: dict[str, Any]) -> Event:
    target, request, source = line["target"], line["request"], line["source"]
    return Event(
        id=UUID(line["id"]),
        timestamp_ns=line["timestamp_ns"],
        action=Action(line["action"]),
        target=Target(
            **{
                **target,
                "kind": Kind(target["kind"]),
                "descriptor": _descriptor(target["descriptor"]),
                "references": None
                if target["references"] is None
                else tuple(_descriptor(item) for item in target["references"]),
            }
        ),
        request=RequestRecord(**{**request, "id": UUID(request["id"])}),
        source=Source(addr=source["addr"], instance_id=UUID(source["instance_id"])),
        actor=line["actor"],
    )


def _descriptor(item: dict[str, Any]) -> Descriptor:
    return Descriptor(**{**item, "digest": Digest(item["digest"])})
