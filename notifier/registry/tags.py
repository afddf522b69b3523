"""Tags: names of manifests, which may move."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base, Prepared
from notifier.db.base import ByteOrderText
from notifier.registry.digest import Digest
from notifier.registry.errors import ManifestUnknown, NameUnknown
from notifier.registry.manifests import COLUMNS, Manifest, StoredManifest
from notifier.registry.repositories import CatalogRow, Repository


class Tag(Base):
    """A name within a repository, and the manifest that it points to."""

    __tablename__ = "tags"
    __table_args__ = (
        sa.Index("ix_tags_manifest", "manifest_id"),
        {"sqlite_with_rowid": False},
    )

    repository_id: Mapped[int] = mapped_column(
        sa.ForeignKey(Repository.id), primary_key=True
    )
    name: Mapped[str] = mapped_column(ByteOrderText, primary_key=True)
    manifest_id: Mapped[int] = mapped_column(sa.ForeignKey(Manifest.id))


_BY_TAG = Prepared(
    lambda _: (
        sa.select(*COLUMNS)
        .join(Tag, Tag.manifest_id == Manifest.id)
        .join(Repository, Repository.id == Tag.repository_id)
        .where(
            Repository.name == sa.bindparam("repository"),
            Tag.name == sa.bindparam("tag"),
        )
    )
)
_POINTED_TO = Prepared(
    lambda _: (
        sa.select(Manifest.digest)
        .join(Tag, Tag.manifest_id == Manifest.id)
        .where(
            Tag.repository_id == sa.bindparam("repository_id"),
            Tag.name == sa.bindparam("name"),
        )
    )
)
_PUT = Prepared(
    lambda insert: (put := insert(Tag)).on_conflict_do_update(
        index_elements=[Tag.repository_id, Tag.name],
        set_={"manifest_id": put.excluded.manifest_id},
    )
)


def get_manifest(
    connection: sa.Connection, repository: str, tag: str
) -> StoredManifest:
    """Return the manifest that *tag* points to; raise `ManifestUnknown`."""
    row = _BY_TAG.first(connection, repository=repository, tag=tag)
    if row is None:
        raise ManifestUnknown({"name": repository, "tag": tag})
    return StoredManifest.of(row)


def put(
    connection: sa.Connection, repository_id: int, name: str, manifest_id: int
) -> Digest | None:
    """Point the tag to a manifest; return the digest it pointed to before."""
    previous = _POINTED_TO.first(connection, repository_id=repository_id, name=name)
    _PUT.run(
        connection, repository_id=repository_id, name=name, manifest_id=manifest_id
    )
    return None if previous is None else previous[0]


def list_tags(
    connection: sa.Connection, repository: str, *, last: str | None, limit: int | None
) -> list[str]:
    """List tags in lexical order, those after *last*; raise `NameUnknown`."""
    repository_id = connection.scalar(
        sa.select(Repository.id)
        .join(CatalogRow, CatalogRow.name == Repository.name)
        .where(Repository.name == repository)
    )
    if repository_id is None:
        raise NameUnknown({"name": repository})
    statement = (
        sa.select(Tag.name)
        .where(Tag.repository_id == repository_id)
        .order_by(Tag.name)
        .limit(limit)
    )
    if last is not None:
        statement = statement.where(Tag.name > last)
    return list(connection.scalars(statement))


def list_names(connection: sa.Connection, manifest_id: int) -> list[str]:
    """List the tags that point to a manifest."""
    statement = sa.select(Tag.name).where(Tag.manifest_id == manifest_id)
    return list(connection.scalars(statement.order_by(Tag.name)))


def remove(
    connection: sa.Connection, manifest_id: int, name: str | None = None
) -> None:
    """Remove one tag of a manifest, or all of them."""
    statement = sa.delete(Tag).where(Tag.manifest_id == manifest_id)
    if name is not None:
        statement = statement.where(Tag.name == name)
    connection.execute(statement)
