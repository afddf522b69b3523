"""Checkpoints: what SQLite has committed is moved from its log to where it belongs.

SQLite does that within a commit, whenever the log has grown by so much; all others wait
meanwhile. One process looks after the log and moves what there is beside the commits,
which then seldom have anything left to do.

It asks SQLite alone. To open the files of a database is no way to learn of it: who
closes one of them gives up all locks that its process has there.
"""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Final

import structlog

# As often as a checkpoint is worth the syncs that it takes, if anything was committed.
_EVERY_S: Final = 0.25
_RETRY_S: Final = 1.0

_log = structlog.get_logger(__name__)


class Checkpoints:
    """Looks after the log of one database, beside those who write to it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def run(self, stopping: threading.Event) -> None:
        """Move what there is, until *stopping* is set."""
        while not stopping.is_set():
            try:
                with closing(sqlite3.connect(self._path, timeout=0)) as connection:
                    self._look_after(connection, stopping)
            except sqlite3.Error as error:
                # The commits will do it, at the price that it always had.
                _log.warning("checkpoint_waits", error=str(error))
                stopping.wait(_RETRY_S)

    def _look_after(
        self, connection: sqlite3.Connection, stopping: threading.Event
    ) -> None:
        # It changes with each commit of others.
        seen = None
        while not stopping.wait(_EVERY_S):
            version = connection.execute("PRAGMA data_version").fetchone()
            if version != seen:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                seen = version
