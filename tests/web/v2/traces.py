"""What requests leave behind: events, rows, files."""

import json
import time
from contextlib import suppress
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from notifier.db import Base
from notifier.events.event import Event
from notifier.events.tables import EventRow
from notifier.web.services import Services


def recorded(own: Services) -> list[Event]:
    """Return all events, those too that are still on their way."""
    wait_for_journal(own)
    with own.database.read() as connection:
        rows = connection.execute(sa.select(EventRow.__table__).order_by(EventRow.id))
        return own.recorder.events(connection, rows.all())


def told(own: Services) -> list[str]:
    """Return all events in short: action, kind and tag of each."""
    return [
        " ".join(filter(None, (event.action, event.target.kind, event.target.tag)))
        for event in recorded(own)
    ]


def left(own: Services) -> dict[str, Any]:
    """Return how many rows each table has that has any, and the storage's files."""
    wait_for_journal(own)
    found: dict[str, Any] = {}
    with own.database.read() as connection:
        for name, table in Base.metadata.tables.items():
            count = connection.scalar(sa.select(sa.func.count()).select_from(table))
            if count:
                found[name] = count
    for folder in ("blobs", "uploads"):
        for path in (own.settings.data_dir / folder).rglob("*"):
            if path.is_file():
                found[str(path)] = path.stat().st_size
    return found


def wait_for_journal(own: Services) -> None:
    """Wait until nothing is in the journal that is not in the database, too."""
    deadline = time.monotonic() + 10
    while _pulled(own) - _recorded_ids(own):
        assert time.monotonic() < deadline
        time.sleep(0.002)


def _pulled(own: Services) -> set[UUID]:
    lines: list[bytes] = []
    for path in (own.settings.data_dir / "journal").glob("*.journal"):
        # It may be moved and gone by now.
        with suppress(FileNotFoundError):
            lines += path.read_bytes().splitlines()
    return {UUID(json.loads(line)["id"]) for line in lines}


def _recorded_ids(own: Services) -> set[UUID]:
    with own.database.read() as connection:
        return set(connection.scalars(sa.select(EventRow.id)))
