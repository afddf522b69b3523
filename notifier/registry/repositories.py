"""Repositories: the names under which manifests, blobs and tags live."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base, Interned
from notifier.db.base import ByteOrderText, Serial


class Repository(Base):
    """A named scope. It comes to be with its first content and stays."""

    __tablename__ = "repositories"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str] = mapped_column(ByteOrderText, unique=True)


def repository_names() -> Interned:
    """Make a memory of the repositories' numbers, for one database."""
    return Interned(Repository.id, Repository.name)


def list_repositories(
    connection: sa.Connection, *, last: str | None, limit: int
) -> list[str]:
    """List names in lexical order, those after *last*."""
    statement = sa.select(Repository.name).order_by(Repository.name).limit(limit)
    if last is not None:
        statement = statement.where(Repository.name > last)
    return list(connection.scalars(statement))
