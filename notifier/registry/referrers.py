"""Referrers: manifests that point to another by their ``subject``.

OCI distribution specification, Listing Referrers. The subject need not be there.
"""

from collections.abc import Generator

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base, insert
from notifier.registry.digest import Digest, DigestBytes
from notifier.registry.documents import ManifestDocument
from notifier.registry.manifests import Manifest
from notifier.registry.repositories import Repository

_BATCH = 100


class Referrer(Base):
    """A manifest with a subject, and the descriptor that tells of it."""

    __tablename__ = "referrers"
    __table_args__ = (
        sa.Index("ix_referrers_subject", "repository_id", "subject", "digest"),
        sa.Index("ix_referrers_anywhere", "subject", "manifest_id"),
    )

    manifest_id: Mapped[int] = mapped_column(
        sa.ForeignKey(Manifest.id), primary_key=True, autoincrement=False
    )
    repository_id: Mapped[int] = mapped_column(sa.ForeignKey(Repository.id))
    subject: Mapped[Digest] = mapped_column(DigestBytes)
    digest: Mapped[Digest] = mapped_column(DigestBytes)
    artifact_type: Mapped[str | None]
    descriptor: Mapped[bytes]


def put(
    connection: sa.Connection,
    repository_id: int,
    manifest_id: int,
    digest: Digest,
    document: ManifestDocument,
) -> None:
    """Remember that a manifest refers to its subject."""
    statement = insert(connection, Referrer)
    connection.execute(
        # Pushed again, the same bytes may be of another media type.
        statement.on_conflict_do_update(
            index_elements=[Referrer.manifest_id],
            set_={
                "artifact_type": statement.excluded.artifact_type,
                "descriptor": statement.excluded.descriptor,
            },
        ),
        {
            "manifest_id": manifest_id,
            "repository_id": repository_id,
            "subject": document.subject,
            "digest": digest,
            "artifact_type": document.artifact_type,
            "descriptor": document.referrer_descriptor(digest),
        },
    )


def iterate(
    connection: sa.Connection,
    repository: str,
    subject: Digest,
    *,
    artifact_type: str | None,
    last: Digest | None,
) -> Generator[tuple[Digest, bytes]]:
    """Yield digest and rendered descriptor of each referrer after *last*, in order."""
    statement = (
        sa.select(Referrer.digest, Referrer.descriptor)
        .join(Repository, Repository.id == Referrer.repository_id)
        .where(Repository.name == repository, Referrer.subject == subject)
        .order_by(Referrer.digest)
        .limit(_BATCH)
    )
    if artifact_type is not None:
        statement = statement.where(Referrer.artifact_type == artifact_type)
    while True:
        page = statement if last is None else statement.where(Referrer.digest > last)
        rows = connection.execute(page).all()
        for row in rows:
            yield row.digest, row.descriptor
        if len(rows) < _BATCH:
            return
        last = rows[-1].digest


def remove(connection: sa.Connection, manifest_id: int) -> None:
    """Forget that a manifest refers to anything."""
    connection.execute(sa.delete(Referrer).where(Referrer.manifest_id == manifest_id))
