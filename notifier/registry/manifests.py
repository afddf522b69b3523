"""Manifests: documents under a repository, each by its digest."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base, Prepared, PreparedIn
from notifier.db.base import Serial
from notifier.registry import blobs
from notifier.registry.digest import Digest, DigestBytes
from notifier.registry.documents import ManifestDocument, Reference, list_digests
from notifier.registry.errors import (
    ManifestBlobUnknown,
    ManifestUnknown,
    RegistryError,
    RegistryErrors,
    SizeInvalid,
)
from notifier.registry.repositories import Repository


class Manifest(Base):
    """A document, its bytes exactly as received."""

    __tablename__ = "manifests"
    __table_args__ = (
        sa.UniqueConstraint("repository_id", "digest"),
        sa.Index("ix_manifests_digest", "digest"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    repository_id: Mapped[int] = mapped_column(sa.ForeignKey(Repository.id))
    digest: Mapped[Digest] = mapped_column(DigestBytes)
    media_type: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes]
    artifact_type: Mapped[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredManifest:
    """A manifest that was found."""

    id: int
    digest: Digest
    media_type: str
    size: int
    content: bytes
    artifact_type: str | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """Make it of a row of `COLUMNS`."""
        id_, digest, media_type, size, content, artifact_type = row
        return cls(
            id=id_,
            digest=digest,
            media_type=media_type,
            size=size,
            content=content,
            artifact_type=artifact_type,
        )


COLUMNS = (
    Manifest.id,
    Manifest.digest,
    Manifest.media_type,
    Manifest.size,
    Manifest.content,
    Manifest.artifact_type,
)
_BY_DIGEST = Prepared(
    lambda _: (
        sa.select(*COLUMNS)
        .join(Repository, Repository.id == Manifest.repository_id)
        .where(
            Repository.name == sa.bindparam("repository"),
            Manifest.digest == sa.bindparam("digest"),
        )
    )
)
_SIZES = PreparedIn(
    Manifest.digest,
    lambda is_one: sa.select(Manifest.digest, Manifest.size).where(
        Manifest.repository_id == sa.bindparam("repository_id"), is_one
    ),
)
_ID = Prepared(
    sa.select(Manifest.id, Manifest.media_type).where(
        Manifest.repository_id == sa.bindparam("repository_id"),
        Manifest.digest == sa.bindparam("digest"),
    )
)
_PUT = Prepared(lambda insert: insert(Manifest).on_conflict_do_nothing())


def get_by_digest(
    connection: sa.Connection, repository: str, digest: Digest
) -> StoredManifest:
    """Return the manifest of that digest; raise `ManifestUnknown`."""
    row = _BY_DIGEST.first(connection, repository=repository, digest=digest)
    if row is None:
        raise ManifestUnknown({"name": repository, "digest": digest})
    return StoredManifest.of(row)


def check_references(
    connection: sa.Connection,
    repository_id: int,
    document: ManifestDocument,
    *,
    sparse: bool = False,
) -> None:
    """Raise `RegistryErrors` with one error for each thing that is not there.

    Content must be linked in this very repository, and as large as its descriptor says.
    An index may name blobs too, as caches of BuildKit do. With *sparse*, only the sizes
    of what is there are checked.
    """
    named = [item for item in document.references if item.is_distributable]
    children = [item.digest for item in named if item.is_manifest]
    sizes = dict(_SIZES.all(connection, children, repository_id=repository_id))
    others = [item.digest for item in named if item.digest not in sizes]
    sizes |= blobs.list_sizes(connection, repository_id, others)
    errors = [
        error
        for error in _reference_errors(named, sizes)
        if not (sparse and isinstance(error, ManifestBlobUnknown))
    ]
    if errors:
        raise RegistryErrors(errors)


def put(
    connection: sa.Connection,
    repository_id: int,
    digest: Digest,
    document: ManifestDocument,
) -> int:
    """Keep *document* under *digest*; return the row's id."""
    _PUT.run(
        connection,
        repository_id=repository_id,
        digest=digest,
        media_type=document.media_type,
        size=len(document.content),
        content=document.content,
        artifact_type=document.artifact_type,
    )
    found = _ID.first(connection, repository_id=repository_id, digest=digest)
    assert found is not None  # noqa: S101 - it was there, or was put there
    manifest_id: int = found[0]
    if found[1] != document.media_type:
        connection.execute(
            sa.update(Manifest)
            .where(Manifest.id == manifest_id)
            .values(media_type=document.media_type)
        )
    return manifest_id


def remove(connection: sa.Connection, manifest_id: int) -> None:
    """Forget a manifest. Tags and referrers that name it must be gone."""
    connection.execute(sa.delete(Manifest).where(Manifest.id == manifest_id))


def _reference_errors(
    references: Iterable[Reference], sizes: dict[Digest, int]
) -> Iterable[RegistryError]:
    distinct = {(item.digest, item.size): item for item in references}
    for reference in distinct.values():
        stored = sizes.get(reference.digest)
        if stored is None:
            yield ManifestBlobUnknown({"digest": reference.digest})
        elif stored != reference.size:
            yield SizeInvalid(
                {"digest": reference.digest, "size": stored, "stated": reference.size}
            )


def list_named(
    connection: sa.Connection, repository_id: int, *, after: int, limit: int
) -> tuple[set[Digest], int | None]:
    """Return the digests in a repository's next manifests, and the last one's id.

    These are the manifests beyond the id *after*; without any, the id is None.
    """
    rows = connection.execute(
        sa.select(Manifest.id, Manifest.content)
        .where(Manifest.repository_id == repository_id, Manifest.id > after)
        .order_by(Manifest.id)
        .limit(limit)
    ).all()
    named = set().union(*(list_digests(row.content) for row in rows))
    return named, rows[-1].id if rows else None


def list_all(
    connection: sa.Connection, *, after: int, limit: int
) -> list[tuple[int, str, StoredManifest]]:
    """List manifests with their repositories' numbers and names, beyond an id."""
    rows = connection.execute(
        sa.select(Repository.id, Repository.name, *COLUMNS)
        .join(Repository, Repository.id == Manifest.repository_id)
        .where(Manifest.id > after)
        .order_by(Manifest.id)
        .limit(limit)
    )
    return [(id_, name, StoredManifest.of(row)) for id_, name, *row in rows]
