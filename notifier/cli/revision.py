"""The revision that a database is at, beside the one that this program needs.

Every command asks for it. Alembic is not asked, since to load it takes longer than
many a command.
"""

from pathlib import Path

import sqlalchemy as sa

import notifier
from notifier.db import Database

_VERSIONS = sa.table("alembic_version", sa.column("version_num"))


class SchemaMismatch(Exception):
    """The database is not of this program's version. The message says what to do."""


def get_revision(url: str) -> str | None:
    """Return the database's revision, or None if it has never been upgraded."""
    database = Database(url)
    try:
        with database.read() as connection:
            if not sa.inspect(connection).has_table(_VERSIONS.name):
                return None
            return connection.scalar(sa.select(_VERSIONS.c.version_num))
    finally:
        database.close()


def get_head() -> str:
    """Return the revision that this program needs."""
    return max(_known())


def require_current(url: str) -> None:
    """Raise `SchemaMismatch` unless the database is of this program's version."""
    if require_no_newer(url) != get_head():
        raise SchemaMismatch(
            "the database is not of this version yet: run `notifier db upgrade`"
        )


def require_no_newer(url: str) -> str | None:
    """Return the database's revision; raise `SchemaMismatch` if it is not known."""
    found = get_revision(url)
    if found is not None and found not in _known():
        raise SchemaMismatch(
            f"the database is of a newer version ({found}): run a newer notifier"
        )
    return found


def migrations_folder() -> Path:
    """Return where the migrations are: in a wheel's package, else beside it."""
    package = Path(notifier.__file__).parent
    return package if (package / "alembic.ini").exists() else package.parent


def _known() -> set[str]:
    """Read the revisions off the files: 0001_first_tables.py makes 0001."""
    versions = migrations_folder() / "migrations" / "versions"
    return {path.name.partition("_")[0] for path in versions.glob("[0-9]*_*.py")}
