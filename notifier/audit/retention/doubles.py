"""Doubles: events that are in an archive, and came to the table once more.

A journal that a dead host had may be moved years later, and whoever sends events to us
may send one again. What comes that late is looked for in the archives of its time.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from notifier.audit.retention.archive import Archive
from notifier.audit.retention.errors import ArchiveDamaged
from notifier.audit.retention.files import Files
from notifier.audit.retention.moves import list_overlapping
from notifier.db import Database
from notifier.events.lines import Recorded
from notifier.ids import made_at

# Nothing is archived before it is a day old.
_LATE: Final = timedelta(hours=12)
_REMEMBERED: Final = 8

_log = structlog.get_logger(__name__)


class Doubles:
    """Finds doubles. It remembers what the latest archives have."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files
        self._known: dict[UUID, frozenset[UUID]] = {}

    def find(self, lines: Sequence[Recorded]) -> set[UUID]:
        """Return the ids of those of *lines* that archives have."""
        late = [line.event.id for line in lines if _is_late(line)]
        if not late:
            return set()
        with self._database.read() as connection:
            near = list_overlapping(connection, late[0], late[-1])
        return {id_ for archive in near for id_ in self._of(archive) & set(late)}

    def _of(self, archive: Archive) -> frozenset[UUID]:
        """Return what an archive has: nothing, if nobody can tell any more."""
        known = self._known.pop(archive.id, None)
        if known is None:
            known = self._read(archive)
        while len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[archive.id] = known
        return known

    def _read(self, archive: Archive) -> frozenset[UUID]:
        try:
            return frozenset(self._files.ids(archive))
        except ArchiveDamaged as error:
            _log.error("archive_damaged", archive_id=str(archive.id), error=str(error))
            return frozenset()


def _is_late(line: Recorded) -> bool:
    return line.recorded_at - made_at(line.event.id) > _LATE
