"""The database's schema: brought to this program's version, or compared with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from io import StringIO

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from notifier.cli.revision import (
    SchemaMismatch,
    migrations_folder,
    require_no_newer,
)
from notifier.db import Base, Database

BASE = "base"
HEAD = "head"

_MODULES = (
    "notifier.db.interned",
    "notifier.access.tables",
    "notifier.registry.repositories",
    "notifier.registry.blobs",
    "notifier.registry.manifests",
    "notifier.registry.tags",
    "notifier.registry.referrers",
    "notifier.registry.children",
    "notifier.events.tables",
    "notifier.events.feed",
    "notifier.events.uncounted",
    "notifier.ingest.tables",
    "notifier.delivery.attempt_tables",
    "notifier.delivery.tables",
    "notifier.delivery.repair.tables",
    "notifier.audit.retention.tables",
    "notifier.audit.timelines.tables",
)
_LOCK = {
    # A transaction is alone on SQLite anyway. Any statement shows Alembic that it is in
    # one, and that its end is not for Alembic to make.
    "sqlite": sa.select(sa.literal(1)),
    # Any number would do that nobody else locks in the same database.
    "postgresql": sa.select(sa.func.pg_advisory_xact_lock(7_403_113)),
}


def tables() -> sa.MetaData:
    """Return the description of all tables, as the models have them."""
    for module in _MODULES:
        import_module(module)
    return Base.metadata


def upgrade(url: str, revision: str = HEAD) -> None:
    """Bring the database to *revision*, by default that of this program's version.

    Of several callers, one does it. Raises `SchemaMismatch`.
    """
    require_no_newer(url)
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str = BASE) -> None:
    """Take the database back to *revision*; raise `SchemaMismatch` if it is unknown."""
    _run(url, lambda config: command.downgrade(config, revision))


def check(url: str) -> None:
    """Raise `SchemaMismatch` unless the database is as the models have it."""
    _run(url, command.check)


@contextmanager
def exclusive(url: str) -> Iterator[sa.Connection]:
    """Lend a connection within one transaction; other migrations wait for it."""
    database = Database(url)
    try:
        with database.transaction() as transaction:
            transaction.execute(_LOCK[database.dialect])
            yield transaction.connection
    finally:
        database.close()


def _run(url: str, do: Callable[[Config], None]) -> None:
    config = _config()
    with exclusive(url) as connection:
        config.attributes["connection"] = connection
        try:
            do(config)
        except CommandError as error:
            raise SchemaMismatch(str(error)) from error


def _config() -> Config:
    return Config(migrations_folder() / "alembic.ini", stdout=StringIO())
