"""Tagged manifests: what the tags point to now, and when that was last used.

Somebody uses a manifest by pulling or pushing it, and an index also by pulling what it
lists: who removes the index takes that away, too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from notifier.audit.cursor import CursorInvalid, parse_names, render_names
from notifier.audit.timelines.pages import take_page
from notifier.audit.timelines.selection import Selection
from notifier.audit.timelines.tables import UsageRow
from notifier.audit.timelines.usage import COLUMNS, Usage, usage_of
from notifier.db import Prepared
from notifier.events.record import Recorder
from notifier.events.tables import DigestRow
from notifier.registry import media_types, repositories
from notifier.registry.children import Child
from notifier.registry.digest import Digest
from notifier.registry.manifests import Manifest
from notifier.registry.tags import Tag

_LISTING: Final = "tags"
# How many tags and repositories one page may pass over.
_WINDOW: Final = 2000
_TAGS_AT_ONCE: Final = 500
_NAMES_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedManifest:
    """What a tag points to now."""

    repository: str
    tag: str
    digest: Digest
    media_type: str
    size: int
    artifact_type: str | None
    usage: Usage


class Place(NamedTuple):
    """Where a page ends: behind a tag, or behind all tags of a repository."""

    repository: str
    tag: str | None = None


def render_place(place: Place) -> str:
    """Return the cursor for what follows a place."""
    return render_names(_LISTING, [place.repository, place.tag or ""])


def parse_place(text: str) -> Place:
    """Return the place that `render_place` was given; raise `CursorInvalid`."""
    names = parse_names(_LISTING, text)
    if len(names) != len(Place._fields):
        raise CursorInvalid
    repository, tag = names
    return Place(repository, tag or None)


def list_tagged(
    connection: sa.Connection,
    recorder: Recorder,
    selection: Selection,
    *,
    limit: int,
    after: Place | None = None,
) -> tuple[Sequence[TaggedManifest], Place | None]:
    """Return up to *limit*, by the names of repository and tag, and where to go on.

    A page may be short, or empty, and still have a next.
    """
    walk = _Walk(connection, recorder, selection)
    return take_page(walk.after(after), limit=limit, window=_WINDOW)


class _Walk:
    """The way through all that is tagged."""

    def __init__(
        self, connection: sa.Connection, recorder: Recorder, selection: Selection
    ) -> None:
        self._connection = connection
        self._recorder = recorder
        self._selection = selection

    def after(
        self, place: Place | None
    ) -> Iterator[tuple[Place, TaggedManifest | None]]:
        """Yield each place that is passed, and what is there if it is wanted."""
        if place is not None and place.tag is not None:
            yield from self._tags_of(place.repository, place.tag)
        for name in self._names(place.repository if place else None):
            yield from self._tags_of(name, "")
            yield Place(name), None

    def _names(self, last: str | None) -> Iterator[str]:
        while True:
            names = repositories.list_repositories(
                self._connection,
                last=last,
                limit=_NAMES_AT_ONCE,
                globs=self._selection.globs,
            )
            yield from names
            if len(names) < _NAMES_AT_ONCE:
                return
            last = names[-1]

    def _tags_of(
        self, name: str, last: str
    ) -> Iterator[tuple[Place, TaggedManifest | None]]:
        # A cursor is no secret: anybody may make one that names a repository.
        if not self._selection.includes(name):
            return
        number = self._recorder.repositories.find(self._connection, name)
        while True:
            rows = _TAGS.all(
                self._connection, repository_id=number, last=last, limit=_TAGS_AT_ONCE
            )
            for row in rows:
                last = row[0]
                yield Place(name, last), self._wanted(name, row)
            if len(rows) < _TAGS_AT_ONCE:
                return

    def _wanted(self, name: str, row: Sequence[Any]) -> TaggedManifest | None:
        tag, manifest_id, digest, media_type, size, artifact_type, *counts = row
        if self._selection.was_used(*counts[1:]):
            return None
        usage = usage_of(counts)
        if media_type in media_types.INDEXES:
            usage = self._with_children(manifest_id, usage)
            if self._selection.is_used(usage):
                return None
        return TaggedManifest(
            repository=name,
            tag=tag,
            digest=digest,
            media_type=media_type,
            size=size,
            artifact_type=artifact_type,
            usage=usage,
        )

    def _with_children(self, manifest_id: int, usage: Usage) -> Usage:
        """Return when an index was last pulled, or anything that it lists."""
        found = _CHILDREN.first(self._connection, manifest_id=manifest_id)
        of_children = found[0] if found else None
        last_ns = max(of_children or 0, usage.last_pulled_ns or 0)
        return replace(usage, last_pulled_ns=last_ns or None)


_TAGS = Prepared(
    sa.select(
        Tag.name,
        Manifest.id,
        Manifest.digest,
        Manifest.media_type,
        Manifest.size,
        Manifest.artifact_type,
        *COLUMNS,
    )
    .join(Manifest, Manifest.id == Tag.manifest_id)
    .outerjoin(DigestRow, DigestRow.digest == Manifest.digest)
    .outerjoin(
        UsageRow,
        sa.and_(
            UsageRow.digest_id == DigestRow.id,
            UsageRow.repository_id == Tag.repository_id,
        ),
    )
    .where(
        Tag.repository_id == sa.bindparam("repository_id"),
        Tag.name > sa.bindparam("last"),
    )
    .order_by(Tag.name)
    .limit(sa.bindparam("limit", type_=sa.Integer()))
)
_CHILDREN = Prepared(
    sa.select(sa.func.max(UsageRow.last_pulled_ns))
    .select_from(Child)
    .join(DigestRow, DigestRow.digest == Child.digest)
    .join(
        UsageRow,
        sa.and_(
            UsageRow.digest_id == DigestRow.id,
            UsageRow.repository_id == Child.repository_id,
        ),
    )
    .where(Child.manifest_id == sa.bindparam("manifest_id"))
)
