"""Inspection: reads everything that is kept, and says what is not as it should be.

Blobs are read whole, and their digests computed anew. It may run beside the registry:
what is found is looked at once more before it is told, for it may have been removed
meanwhile.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import sqlalchemy as sa

from notifier.db import Database
from notifier.delivery.tables import CANCELLED, PENDING, DeliveryRow
from notifier.events.announce import Announcer
from notifier.events.origin import Origin
from notifier.events.tables import EventRow
from notifier.registry import blobs, manifests
from notifier.registry.digest import Digest, Hasher
from notifier.registry.documents import ManifestDocument
from notifier.registry.errors import ManifestInvalid, RegistryErrors
from notifier.registry.manifests import StoredManifest
from notifier.storage import Storage
from notifier.upkeep.unlinking import unlink

_AT_ONCE: Final = 200
_MAX_TOLD: Final = 1000


class Problem(StrEnum):
    """What can be wrong."""

    BLOB_LOST = "blob_lost"
    BLOB_DAMAGED = "blob_damaged"
    BLOB_SIZE = "blob_size"
    MANIFEST_DAMAGED = "manifest_damaged"
    REFERENCE_MISSING = "reference_missing"
    EVENT_LOST = "event_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong, and whether it was mended."""

    problem: Problem
    subject: str
    detail: str
    mended: bool = False


class Step(NamedTuple):
    """How far the blobs are: the id of one that is done, and its bytes."""

    blob_id: int
    bytes: int
    finding: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """Reads, and with *repair* mends what can be mended.

    In a *sparse* registry manifests may name what is not there.

    A blob that is lost or damaged is taken away from all repositories, with an event
    for each, so that a client that pushes it again does push it. What is damaged is
    kept aside.
    """

    database: Database
    storage: Storage
    announcer: Announcer
    origin: Origin
    sparse: bool = False
    repair: bool = False

    def count_bytes(self, after: int = 0) -> int:
        """Return how many bytes of blobs there are to read, beyond the id *after*."""
        with self.database.read() as connection:
            return blobs.sum_up(connection, after=after)

    def blobs(self, after: int = 0) -> Iterator[Step]:
        """Read all blobs in the order of their ids, beyond the id *after*."""
        while True:
            with self.database.read() as connection:
                page = blobs.list_blobs(connection, after=after, limit=_AT_ONCE)
            if not page:
                return
            for id_, digest, size in page:
                yield Step(id_, size, self._inspect_blob(digest, size))
            after = page[-1][0]

    def manifests(self) -> Iterator[Finding]:
        """Read all manifests; what they name has to be there."""
        after = 0
        while True:
            with self.database.read() as connection:
                page = manifests.list_all(connection, after=after, limit=_AT_ONCE)
                found = [
                    finding
                    for repository_id, name, manifest in page
                    for finding in _inspect_manifest(
                        connection, repository_id, name, manifest, sparse=self.sparse
                    )
                ]
            if not page:
                return
            yield from found
            after = page[-1][2].id

    def outbox(self) -> Iterator[Finding]:
        """Find deliveries that are to be made of events that the log does not have."""
        is_lost = ~sa.exists().where(EventRow.id == DeliveryRow.event_id)
        statement = sa.select(DeliveryRow.id, DeliveryRow.event_id).where(
            DeliveryRow.due_at.is_not(None), is_lost
        )
        with self.database.read() as connection:
            rows = connection.execute(statement.limit(_MAX_TOLD)).all()
        for row in rows:
            if self.repair:
                self._forget_delivery(row.id)
            yield Finding(
                problem=Problem.EVENT_LOST,
                subject=str(row.id),
                detail=f"it is of the event {row.event_id}, which is not there",
                mended=self.repair,
            )

    def _inspect_blob(self, digest: Digest, size: int) -> Finding | None:
        found = self._read(digest, size)
        if found is None:
            return None
        with self.database.read() as connection:
            is_wanted = blobs.count_links(connection, digest) > 0
        if not is_wanted:
            # A collection removes it, or has done so by now.
            return None
        problem, detail = found
        if self.repair:
            self._mend(digest, size, problem)
        return Finding(
            problem=problem, subject=digest, detail=detail, mended=self.repair
        )

    def _read(self, digest: Digest, size: int) -> tuple[Problem, str] | None:
        """Read a blob; say what is wrong."""
        reader = self.storage.open_blob(digest)
        if reader is None:
            return Problem.BLOB_LOST, "the storage does not have it"
        hasher = Hasher(digest.algorithm)
        try:
            for chunk in reader.chunks(0, reader.size):
                hasher.update(chunk)
        except OSError as error:
            return Problem.BLOB_DAMAGED, f"it cannot be read: {error}"
        if hasher.digest() != digest:
            return Problem.BLOB_DAMAGED, f"its bytes have the digest {hasher.digest()}"
        if reader.size != size:
            return Problem.BLOB_SIZE, f"it has {reader.size} bytes, not {size}"
        return None

    def _mend(self, digest: Digest, size: int, problem: Problem) -> None:
        found = self.storage.find_blob(digest)
        with self.database.transaction() as transaction:
            connection = transaction.connection
            if problem is Problem.BLOB_SIZE and found is not None:
                blobs.set_size(connection, digest, found.size)
                return
            self.storage.set_blob_aside(digest)
            unlinked = [
                unlink(connection, self.origin, name, digest, size)
                for name in blobs.list_repositories(connection, digest)
            ]
            self.announcer.announce(transaction, [*filter(None, unlinked)])

    def _forget_delivery(self, delivery_id: object) -> None:
        """Let nobody try to make a delivery, for there is nothing to tell."""
        with self.database.transaction() as transaction:
            own = sa.update(DeliveryRow).where(DeliveryRow.id == delivery_id)
            pending = own.where(DeliveryRow.state == PENDING)
            transaction.execute(pending.values(state=CANCELLED))
            transaction.execute(own.values(due_at=None))


def _inspect_manifest(
    connection: sa.Connection,
    repository_id: int,
    repository: str,
    manifest: StoredManifest,
    *,
    sparse: bool,
) -> Iterator[Finding]:
    subject = f"{repository}@{manifest.digest}"
    actual = Digest.of(manifest.content, manifest.digest.algorithm)
    if actual != manifest.digest:
        yield Finding(
            problem=Problem.MANIFEST_DAMAGED,
            subject=subject,
            detail=f"its bytes have the digest {actual}",
        )
        return
    try:
        document = ManifestDocument.parse(manifest.content, manifest.media_type)
        manifests.check_references(connection, repository_id, document, sparse=sparse)
    except ManifestInvalid as error:
        yield Finding(
            problem=Problem.MANIFEST_DAMAGED, subject=subject, detail=str(error)
        )
    except RegistryErrors as refusal:
        for missing in refusal.errors:
            yield Finding(
                problem=Problem.REFERENCE_MISSING, subject=subject, detail=str(missing)
            )
