"""Repositories: the names under which manifests, blobs and tags live."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base, Interned, Prepared
from notifier.db.base import ByteOrderText, Serial


class Repository(Base):
    """A named scope. It comes to be with its first content and stays."""

    __tablename__ = "repositories"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str] = mapped_column(ByteOrderText, unique=True)


_LOCK = Prepared(
    lambda _: (
        sa.select(Repository.id)
        .where(Repository.name == sa.bindparam("name"))
        .with_for_update(key_share=True)
    )
)


def repository_names() -> Interned:
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
    connection: sa.Connection, *, last: str | None, limit: int
) -> list[str]:
    """List names in lexical order, those after *last*."""
    statement = sa.select(Repository.name).order_by(Repository.name).limit(limit)
    if last is not None:
        statement = statement.where(Repository.name > last)
    return list(connection.scalars(statement))
