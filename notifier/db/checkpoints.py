"""Checkpoints: what SQLite has committed is moved from its log to where it belongs.

SQLite does that within a commit, whenever the log has grown by so much; all others wait
meanwhile. A process that looks after the log moves what there is beside the commits,
which then seldom have anything left to do.
"""

import os
import sqlite3
import struct
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import structlog

# So many pages, 4 MB, are worth the two syncs that a checkpoint takes.
_WORTH_IT: Final = 1000
_LOOK_EVERY_S: Final = 0.05
_RETRY_S: Final = 1.0

# https://sqlite.org/walformat.html#the_wal_index_header: how many pages the log has
# and how many of them were moved.
_IN_LOG, _MOVED = 16, 96
_NUMBER: Final = struct.Struct("=I")

_log = structlog.get_logger(__name__)


class Checkpoints:
    """Looks after the log of one database, beside those who write to it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._index = path.with_name(path.name + "-shm")

    def run(self, stopping: threading.Event) -> None:
        """Move what there is, until *stopping* is set."""
        pause_s = _LOOK_EVERY_S
        while not stopping.wait(pause_s):
            try:
                with closing(sqlite3.connect(self._path, timeout=0)) as connection:
                    self._look_after(connection, stopping)
            except (sqlite3.Error, OSError) as error:
                # The commits will do it, at the price that it always had.
                _log.warning("checkpoint_waits", error=str(error))
                pause_s = _RETRY_S

    def _look_after(
        self, connection: sqlite3.Connection, stopping: threading.Event
    ) -> None:
        while not stopping.wait(_LOOK_EVERY_S):
            if self._waiting() >= _WORTH_IT:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _waiting(self) -> int:
        """Return how many pages are in the log and not yet moved."""
        with suppress(FileNotFoundError), self._index.open("rb") as file:
            head = os.pread(file.fileno(), _MOVED + _NUMBER.size, 0)
            if len(head) == _MOVED + _NUMBER.size:
                (in_log,) = _NUMBER.unpack_from(head, _IN_LOG)
                (moved,) = _NUMBER.unpack_from(head, _MOVED)
                return int(in_log - moved)
        return 0
