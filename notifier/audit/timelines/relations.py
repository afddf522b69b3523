"""How manifests belong together: the children of an index, its parents, its referrers.

These are manifests of this registry, as they are now.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from notifier.audit.timelines.pages import take_page
from notifier.db import Prepared
from notifier.registry.children import Child
from notifier.registry.digest import Digest
from notifier.registry.documents import ManifestDocument
from notifier.registry.manifests import Manifest
from notifier.registry.media_types import INDEXES
from notifier.registry.referrers import Referrer
from notifier.registry.repositories import Repository

# How many manifests one page may pass over.
_WINDOW: Final = 1000
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A manifest that belongs to another, in a repository.

    Only children have a *platform*, if the index gives one; of these, the artifact type
    is not told.
    """

    repository: str
    digest: Digest
    media_type: str
    size: int
    artifact_type: str | None = None
    platform: dict[str, Any] | None = None


class Relations:
    """The relatives of a digest, in repositories that somebody *sees*.

    Its lists have up to *limit* items, and then the number that the next page is
    *after*. A page may be short, or empty, and still have a next.
    """

    def __init__(
        self, connection: sa.Connection, digest: Digest, sees: Callable[[str], bool]
    ) -> None:
        self._connection = connection
        self._digest = digest
        self._sees = sees

    def list_children(
        self, *, limit: int, after: int = 0
    ) -> tuple[Sequence[Relative], int | None]:
        """List what it lists, if it is an index, in its order."""
        children = self._read_children()
        end = after + limit
        return children[after:end], end if end < len(children) else None

    def list_parents(
        self, *, limit: int, after: int = 0
    ) -> tuple[Sequence[Relative], int | None]:
        """List the indexes that list it, those pushed first first."""
        return take_page(self._passed(_PARENTS, after), limit=limit, window=_WINDOW)

    def list_referrers(
        self, *, limit: int, after: int = 0
    ) -> tuple[Sequence[Relative], int | None]:
        """List the manifests whose subject it is, those pushed first first."""
        return take_page(self._passed(_REFERRERS, after), limit=limit, window=_WINDOW)

    def _read_children(self) -> Sequence[Relative]:
        rows = _INDEX.all(self._connection, digest=self._digest, limit=_WINDOW)
        for repository, media_type, manifest_id in rows:
            if media_type in INDEXES and self._sees(repository):
                [content] = _CONTENT.first(self._connection, id=manifest_id) or [b""]
                document = ManifestDocument.parse(bytes(content), media_type)
                return [
                    Relative(
                        repository=repository,
                        digest=reference.digest,
                        media_type=reference.media_type,
                        size=reference.size,
                        platform=reference.platform,
                    )
                    for reference in document.references
                    if reference.is_manifest
                ]
        return []

    def _passed(
        self, statement: Prepared, after: int
    ) -> Iterator[tuple[int, Relative | None]]:
        """Yield the numbers of manifests, and those that may be seen."""
        while True:
            rows = statement.all(
                self._connection, digest=self._digest, after=after, limit=_AT_ONCE
            )
            for number, repository, digest, media_type, size, artifact_type in rows:
                relative = Relative(
                    repository=repository,
                    digest=digest,
                    media_type=media_type,
                    size=size,
                    artifact_type=artifact_type,
                )
                yield number, relative if self._sees(repository) else None
            if len(rows) < _AT_ONCE:
                return
            after = rows[-1][0]


_LIMIT: Final = sa.bindparam("limit", type_=sa.Integer())
_INDEX = Prepared(
    sa.select(Repository.name, Manifest.media_type, Manifest.id)
    .join(Repository, Repository.id == Manifest.repository_id)
    .where(Manifest.digest == sa.bindparam("digest"))
    .order_by(Manifest.id)
    .limit(_LIMIT)
)
_CONTENT = Prepared(
    sa.select(Manifest.content).where(Manifest.id == sa.bindparam("id"))
)
_MANIFEST: Final = (
    Manifest.id,
    Repository.name,
    Manifest.digest,
    Manifest.media_type,
    Manifest.size,
    Manifest.artifact_type,
)
_PARENTS = Prepared(
    sa.select(*_MANIFEST)
    .where(
        Manifest.id.in_(
            sa.select(Child.manifest_id)
            .where(
                Child.digest == sa.bindparam("digest"),
                Child.manifest_id > sa.bindparam("after"),
            )
            .distinct()
            .order_by(Child.manifest_id)
            .limit(_LIMIT)
        )
    )
    .join(Repository, Repository.id == Manifest.repository_id)
    .order_by(Manifest.id)
)
_REFERRERS = Prepared(
    sa.select(*_MANIFEST)
    .join(Referrer, Referrer.manifest_id == Manifest.id)
    .join(Repository, Repository.id == Manifest.repository_id)
    .where(
        Referrer.subject == sa.bindparam("digest"),
        Referrer.manifest_id > sa.bindparam("after"),
    )
    .order_by(Referrer.manifest_id)
    .limit(_LIMIT)
)
