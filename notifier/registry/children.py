"""Children: the manifests that an index lists, found from either side."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base, Prepared
from notifier.registry.digest import Digest, DigestBytes
from notifier.registry.documents import ManifestDocument
from notifier.registry.manifests import Manifest
from notifier.registry.repositories import Repository


class Child(Base):
    """A manifest that an index lists, at some place; it need not be there."""

    __tablename__ = "children"
    __table_args__ = (
        sa.Index("ix_children_digest", "digest", "manifest_id"),
        {"sqlite_with_rowid": False},
    )

    manifest_id: Mapped[int] = mapped_column(
        sa.ForeignKey(Manifest.id), primary_key=True, autoincrement=False
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    repository_id: Mapped[int] = mapped_column(sa.ForeignKey(Repository.id))
    digest: Mapped[Digest] = mapped_column(DigestBytes)


def put(
    connection: sa.Connection,
    repository_id: int,
    manifest_id: int,
    document: ManifestDocument,
) -> None:
    """Remember which manifests a document lists."""
    rows = [
        {
            "manifest_id": manifest_id,
            "position": position,
            "repository_id": repository_id,
            "digest": reference.digest,
        }
        for position, reference in enumerate(document.references)
        if reference.is_manifest
    ]
    if rows:
        _PUT.run_many(connection, rows)


def remove(connection: sa.Connection, manifest_id: int) -> None:
    """Forget what a manifest lists."""
    connection.execute(sa.delete(Child).where(Child.manifest_id == manifest_id))


# The same bytes list the same.
_PUT = Prepared(lambda insert: insert(Child).on_conflict_do_nothing())
