"""Garbage collection: blobs that no manifest names, uploads that nobody goes on with.

It may run while images are pushed. What a client was told of within a grace period is
left alone, so whoever pushes in the usual order (blobs first, their manifest within
that time) finds its blobs. First the links of repositories go, each with its event and
under the lock under which manifests are put; then the files that no link is left of,
within a transaction that keeps others from linking them again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Final

from notifier.db import Database
from notifier.events.announce import Announcer
from notifier.events.event import Action, Event
from notifier.events.origin import Origin
from notifier.registry import blobs, manifests, repositories
from notifier.registry.digest import Digest
from notifier.storage import Storage, StoredBlob
from notifier.upkeep.unlinking import unlink

# Claims are written down once an hour: a shorter grace would not see them.
LEAST_GRACE: Final = timedelta(hours=2)

_MANIFESTS = 100
_LINKS = 500
_AT_ONCE = 100

_Link = tuple[int, Digest, int]


@dataclass(slots=True)
class Collected:
    """How much was removed, or would be: links of repositories, files, sessions."""

    links: int = 0
    blobs: int = 0
    bytes: int = 0
    uploads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One collection. What was claimed after *cutoff* is left alone."""

    database: Database
    storage: Storage
    announcer: Announcer
    origin: Origin
    cutoff: datetime
    uploads_before: datetime
    dry_run: bool = False
    collected: Collected = field(default_factory=Collected)

    def run(self, progress: Callable[[str], object] = str) -> Collected:
        """Collect; tell *progress* now and then what it is at.

        It may be interrupted at any time, and run again.
        """
        self.collected.uploads = self.storage.expire_uploads(
            self.uploads_before, dry_run=self.dry_run
        )
        freed: Counter[Digest] = Counter()
        with self.database.read() as connection:
            names = repositories.list_ids(connection)
        for id_, name in names:
            progress(name)
            freed.update(self._collect_links(id_, name))
        for blob in self.storage.list_blobs():
            if blob.claimed_at < self.cutoff:
                progress(blob.digest)
                self._collect_blob(blob, freed)
        if not self.dry_run:
            self._tell()
        return self.collected

    def _collect_links(self, repository_id: int, name: str) -> set[Digest]:
        """Remove a repository's links to what its manifests do not name."""
        named, newest = self._references(repository_id)
        unlinked: set[Digest] = set()
        for links in self._batches(repository_id):
            idle = [link for link in links if link[1] not in named]
            idle = [link for link in idle if self._is_idle(link[1])]
            for start in range(0, len(idle), _AT_ONCE):
                batch = idle[start : start + _AT_ONCE]
                gone = batch if self.dry_run else self._unlink(name, batch, newest)
                self.collected.links += len(gone)
                unlinked.update(digest for _, digest, _ in gone)
        return unlinked

    def _references(self, repository_id: int) -> tuple[set[Digest], int]:
        """Return what a repository's manifests name, and the newest one's id."""
        named: set[Digest] = set()
        newest = 0
        with self.database.read() as connection:
            while True:
                more, last = manifests.list_named(
                    connection, repository_id, after=newest, limit=_MANIFESTS
                )
                if last is None:
                    return named, newest
                named |= more
                newest = last

    def _batches(self, repository_id: int) -> Iterator[Sequence[_Link]]:
        after = 0
        while True:
            with self.database.read() as connection:
                links = blobs.list_links(
                    connection, repository_id, after=after, limit=_LINKS
                )
            if not links:
                return
            yield links
            after = links[-1][0]

    def _is_idle(self, digest: Digest) -> bool:
        """Tell whether nobody has claimed a blob of late. One that is lost is not."""
        found = self.storage.find_blob(digest)
        return found is not None and found.claimed_at < self.cutoff

    def _unlink(self, name: str, links: Sequence[_Link], newest: int) -> list[_Link]:
        """Remove links, unless a manifest that came meanwhile names their blobs."""
        with self.database.transaction() as transaction:
            connection = transaction.connection
            repositories.lock(connection, name)
            repository_id = repositories.get_id(connection, name)
            named: set[Digest] = set()
            last: int | None = newest
            while last is not None:
                more, last = manifests.list_named(
                    connection, repository_id, after=last, limit=_MANIFESTS
                )
                named |= more
            gone: list[_Link] = []
            events: list[Event] = []
            for link in links:
                _, digest, size = link
                if digest in named or not self._is_idle(digest):
                    continue
                event = unlink(connection, self.origin, name, digest, size)
                if event is not None:
                    gone.append(link)
                    events.append(event)
            self.announcer.announce(transaction, events)
        return gone

    def _collect_blob(self, blob: StoredBlob, freed: Counter[Digest]) -> None:
        digest = Digest.parse(blob.digest)
        with self.database.read() as connection:
            links = blobs.count_links(connection, digest)
        if links > (freed[digest] if self.dry_run else 0):
            return
        if not self.dry_run and not self._remove(digest, blob.size):
            return
        self.collected.blobs += 1
        self.collected.bytes += blob.size

    def _remove(self, digest: Digest, size: int) -> bool:
        with self.database.transaction() as transaction:
            if not blobs.forget_unlinked(transaction.connection, digest, size):
                return False
            if not self._is_idle(digest):
                # Somebody is about to link it.
                return False
            self.storage.remove_blob(digest)
        return True

    def _tell(self) -> None:
        with self.database.transaction() as transaction:
            event = self.origin.operational(Action.GC_RUN, asdict(self.collected))
            self.announcer.announce(transaction, [event])
