"""Blobs: content by digest, and the repositories that link it."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base, Prepared, PreparedIn
from notifier.db.base import Serial
from notifier.registry.digest import Digest, DigestBytes
from notifier.registry.errors import BlobUnknown
from notifier.registry.repositories import Repository

# Of a blob that everybody has, some that somebody may read will be among these.
_MAX_OWNERS = 1000


class Blob(Base):
    """Content that the storage holds."""

    __tablename__ = "blobs"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    digest: Mapped[Digest] = mapped_column(DigestBytes, unique=True)
    size: Mapped[int] = mapped_column(sa.BigInteger)


class BlobLink(Base):
    """A repository's claim on a blob. Without one the blob cannot be seen there."""

    __tablename__ = "blob_links"
    __table_args__ = (
        sa.Index("ix_blob_links_blob", "blob_id"),
        {"sqlite_with_rowid": False},
    )

    repository_id: Mapped[int] = mapped_column(
        sa.ForeignKey(Repository.id), primary_key=True
    )
    blob_id: Mapped[int] = mapped_column(sa.ForeignKey(Blob.id), primary_key=True)


_SIZE = Prepared(
    lambda _: (
        sa.select(Blob.size)
        .join(BlobLink, BlobLink.blob_id == Blob.id)
        .join(Repository, Repository.id == BlobLink.repository_id)
        .where(
            Repository.name == sa.bindparam("repository"),
            Blob.digest == sa.bindparam("digest"),
        )
    )
)
_SIZES = PreparedIn(
    Blob.digest,
    lambda is_one: (
        sa.select(Blob.digest, Blob.size)
        .join(BlobLink, BlobLink.blob_id == Blob.id)
        .where(BlobLink.repository_id == sa.bindparam("repository_id"), is_one)
    ),
)
_OWNERS = Prepared(
    lambda _: (
        sa.select(Repository.name)
        .join(BlobLink, BlobLink.repository_id == Repository.id)
        .join(Blob, Blob.id == BlobLink.blob_id)
        .where(Blob.digest == sa.bindparam("digest"))
        .limit(_MAX_OWNERS)
    )
)
_PUT = Prepared(lambda insert: insert(Blob).on_conflict_do_nothing())
_LINK = Prepared(
    lambda insert: (
        insert(BlobLink)
        .from_select(
            ["repository_id", "blob_id"],
            sa.select(
                sa.bindparam("repository_id", type_=sa.BigInteger), Blob.id
            ).where(Blob.digest == sa.bindparam("digest")),
        )
        .on_conflict_do_nothing()
    )
)


def get_size(connection: sa.Connection, repository: str, digest: Digest) -> int:
    """Return the size of a blob that *repository* links; raise `BlobUnknown`."""
    row = _SIZE.first(connection, repository=repository, digest=digest)
    if row is None:
        raise BlobUnknown({"digest": digest})
    size: int = row[0]
    return size


def list_sizes(
    connection: sa.Connection, repository_id: int, digests: list[Digest]
) -> dict[Digest, int]:
    """Return the sizes of those *digests* that the repository links."""
    return dict(_SIZES.all(connection, digests, repository_id=repository_id))


def list_owners(connection: sa.Connection, digest: Digest) -> list[str]:
    """Return the names of some repositories that link the blob."""
    return [name for (name,) in _OWNERS.all(connection, digest=digest)]


def link(
    connection: sa.Connection, repository_id: int, digest: Digest, size: int
) -> None:
    """Make a blob that the storage holds visible in a repository."""
    _PUT.run(connection, digest=digest, size=size)
    _LINK.run(connection, repository_id=repository_id, digest=digest)


def unlink(connection: sa.Connection, repository: str, digest: Digest) -> bool:
    """Make a blob invisible in a repository; tell whether it was visible.

    Its bytes stay with the storage.
    """
    repository_id = sa.select(Repository.id).where(Repository.name == repository)
    blob_id = sa.select(Blob.id).where(Blob.digest == digest)
    removed = connection.execute(
        sa.delete(BlobLink).where(
            BlobLink.repository_id == repository_id.scalar_subquery(),
            BlobLink.blob_id == blob_id.scalar_subquery(),
        )
    )
    return removed.rowcount > 0


def list_links(
    connection: sa.Connection, repository_id: int, *, after: int, limit: int
) -> list[tuple[int, Digest, int]]:
    """List id, digest and size of what a repository links, beyond the id *after*."""
    rows = connection.execute(
        sa.select(Blob.id, Blob.digest, Blob.size)
        .join(BlobLink, BlobLink.blob_id == Blob.id)
        .where(BlobLink.repository_id == repository_id, BlobLink.blob_id > after)
        .order_by(BlobLink.blob_id)
        .limit(limit)
    )
    return [(id_, digest, size) for id_, digest, size in rows]


def count_links(connection: sa.Connection, digest: Digest) -> int:
    """Count the repositories that link a blob."""
    number = sa.select(sa.func.count()).select_from(BlobLink)
    links = number.join(Blob, Blob.id == BlobLink.blob_id)
    return connection.scalar(links.where(Blob.digest == digest)) or 0


def forget_unlinked(connection: sa.Connection, digest: Digest, size: int) -> bool:
    """Forget a blob that no repository links; tell whether that was so.

    Until the end of the transaction nobody else can link it.
    """
    # One that has no row gets one, so that there is something to hold on to.
    _PUT.run(connection, digest=digest, size=size)
    # Whoever is linking it has locked its row: the next statement sees the link.
    connection.execute(
        sa.select(Blob.id).where(Blob.digest == digest).with_for_update()
    )
    links = sa.select(BlobLink.blob_id).where(BlobLink.blob_id == Blob.id)
    removed = connection.execute(
        sa.delete(Blob).where(Blob.digest == digest, ~links.exists())
    )
    return removed.rowcount > 0


def list_blobs(
    connection: sa.Connection, *, after: int, limit: int
) -> list[tuple[int, Digest, int]]:
    """List id, digest and size of all blobs, beyond the id *after*."""
    rows = connection.execute(
        sa.select(Blob.id, Blob.digest, Blob.size)
        .where(Blob.id > after)
        .order_by(Blob.id)
        .limit(limit)
    )
    return [(id_, digest, size) for id_, digest, size in rows]


def sum_up(connection: sa.Connection, *, after: int = 0) -> int:
    """Return how many bytes the blobs beyond the id *after* have."""
    return int(
        connection.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(Blob.size), 0)).where(
                Blob.id > after
            )
        )
        or 0
    )


def list_repositories(connection: sa.Connection, digest: Digest) -> list[str]:
    """List all repositories that link the blob."""
    return list(
        connection.scalars(
            sa.select(Repository.name)
            .join(BlobLink, BlobLink.repository_id == Repository.id)
            .join(Blob, Blob.id == BlobLink.blob_id)
            .where(Blob.digest == digest)
            .order_by(Repository.name)
        )
    )


def set_size(connection: sa.Connection, digest: Digest, size: int) -> None:
    """Correct the size of a blob."""
    connection.execute(sa.update(Blob).where(Blob.digest == digest).values(size=size))
