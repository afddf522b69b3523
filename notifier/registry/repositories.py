"""Repositories: the names under which manifests, blobs and tags live."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base, Interned, Prepared, Transaction
from notifier.db.base import ByteOrderText, Serial
from notifier.globs import matches

EVERYTHING: Final = ("**",)

_READ_AT_ONCE = 1000
_LAST_CHARACTER = "\N{DELETE}"


class Repository(Base):
    """A named scope. Of one that only ingested events name there is no content."""

    __tablename__ = "repositories"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str] = mapped_column(ByteOrderText, unique=True)


class CatalogRow(Base):
    """A repository of this registry: it is listed from its first content on."""

    __tablename__ = "catalog"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str] = mapped_column(ByteOrderText, unique=True)


class Catalog:
    """The repositories of this registry, by the *names* that the log knows, too."""

    def __init__(self, names: Interned[str]) -> None:
        self._names = names
        self._listed = Interned(CatalogRow.id, CatalogRow.name)

    def enter(self, transaction: Transaction, name: str) -> int:
        """List the repository that content comes into; return its number."""
        self._listed.intern_one(transaction, name)
        return self._names.intern_one(transaction, name)


_LOCK = Prepared(
    lambda _: (
        sa.select(Repository.id)
        .where(Repository.name == sa.bindparam("name"))
        .with_for_update(key_share=True)
    )
)


def repository_names() -> Interned[str]:
    """Make a memory of the repositories' numbers, for one database."""
    return Interned(Repository.id, Repository.name)


def lock(connection: sa.Connection, name: str) -> None:
    """Let nobody else change the repository's manifests and tags before the commit.

    On SQLite a transaction is alone anyway. On PostgreSQL, what one has read of a tag
    may be different by the time it writes; blobs may come in all the while.
    """
    if connection.dialect.name == "postgresql":
        _LOCK.first(connection, name=name)


def list_repositories(
    connection: sa.Connection,
    *,
    last: str | None,
    limit: int,
    globs: Sequence[str] = EVERYTHING,
) -> list[str]:
    """List names in lexical order, those after *last* that any of *globs* matches."""
    found: list[str] = []
    # Where every name is wanted, no more are read than are listed.
    size = limit if EVERYTHING[0] in globs else max(limit, _READ_AT_ONCE)
    # No name that a glob matches lies outside of what begins as the globs do.
    beginnings = [glob.partition("*")[0] for glob in globs]
    within = sa.select(CatalogRow.name).where(
        CatalogRow.name >= min(beginnings, default=""),
        CatalogRow.name <= max(beginnings, default="") + _LAST_CHARACTER,
    )
    while len(found) < limit:
        statement = within.order_by(CatalogRow.name).limit(size)
        if last is not None:
            statement = statement.where(CatalogRow.name > last)
        names = list(connection.scalars(statement))
        found += [name for name in names if any(matches(glob, name) for glob in globs)]
        if len(names) < size:
            break
        last = names[-1]
    return found[:limit]


def list_ids(connection: sa.Connection) -> list[tuple[int, str]]:
    """List the numbers and names of all repositories, in the order of their numbers."""
    rows = connection.execute(
        sa.select(Repository.id, Repository.name)
        .join(CatalogRow, CatalogRow.name == Repository.name)
        .order_by(Repository.id)
    )
    return [(id_, name) for id_, name in rows]


def get_id(connection: sa.Connection, name: str) -> int:
    """Return the number of a repository that is there."""
    id_ = connection.scalar(sa.select(Repository.id).where(Repository.name == name))
    assert id_ is not None  # noqa: S101 - repositories stay
    return id_
