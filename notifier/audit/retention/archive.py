"""An archive: a file of events that have left the log's table, or are to leave it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

import orjson
import sqlalchemy as sa

from notifier.audit.retention.tables import ARCHIVED, LEAVING, RESTORED, RETURNING
from notifier.ids import made_at


class ArchiveState(StrEnum):
    """Where an archive's events are, beside its file.

    They are in the table when it is restored, and not when it is archived.
    """

    LEAVING = "leaving"
    ARCHIVED = "archived"
    RETURNING = "returning"
    RESTORED = "restored"


_STATES = {
    LEAVING: ArchiveState.LEAVING,
    ARCHIVED: ArchiveState.ARCHIVED,
    RETURNING: ArchiveState.RETURNING,
    RESTORED: ArchiveState.RESTORED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A file of *events*, oldest first, and how many there are of each action.

    The file has *size* bytes.
    """

    id: UUID
    state: ArchiveState
    events: int
    counts: Mapping[str, int]
    first_id: UUID
    last_id: UUID
    size: int
    sha256: bytes
    created_at: datetime
    updated_at: datetime
    error: str | None

    @classmethod
    def of(cls, row: sa.Row[Any]) -> Self:
        """Read a whole row of the table."""
        return cls(
            id=row.id,
            state=_STATES[row.state],
            events=row.events,
            counts=orjson.loads(row.counts),
            first_id=row.first_id,
            last_id=row.last_id,
            size=row.size,
            sha256=bytes(row.sha256),
            created_at=row.created_at,
            updated_at=row.updated_at,
            error=row.error,
        )

    @property
    def since(self) -> datetime:
        """Return the time of its first event."""
        return made_at(self.first_id)

    @property
    def until(self) -> datetime:
        """Return the time of its last event."""
        return made_at(self.last_id)

    def described(self) -> dict[str, Any]:
        """Say what it is, for the log."""
        about = {
            "id": self.id,
            "events": self.events,
            "since": self.since,
            "until": self.until,
        }
        return {"archive": orjson.loads(orjson.dumps(about))}
