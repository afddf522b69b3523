"""Reads: what is sent of a manifest or a blob to somebody who may pull it.

Flask's views answer by these functions, and so does the gate before Flask
(`web.gates.reads`), through which nearly all reads go. They know no Flask.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import sqlalchemy as sa
from werkzeug.http import parse_etags, parse_if_range_header

from notifier.config import PullEvents
from notifier.events.event import Action, Descriptor, Target
from notifier.events.origin import Origin
from notifier.registry import blobs, manifests, tags
from notifier.registry.digest import Digest
from notifier.registry.documents import ManifestDocument
from notifier.registry.errors import BlobRangeInvalid
from notifier.registry.manifests import StoredManifest
from notifier.registry.reference import parse_reference
from notifier.web.requests import url_of
from notifier.web.services import Services
from notifier.web.v2.announcements import blob_target, manifest_target
from notifier.web.v2.blob_bytes import open_bytes, open_nothing

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Where in an environment stands what was raised before Flask saw the request. It is
# told by Flask's handlers, and need not be met again.
MET: Final = "notifier.met"

_RANGE: Final = re.compile(r"bytes\s*=\s*([0-9]{0,99})-([0-9]{0,99})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A request to read something in a *repository*, by somebody who may.

    The name of the repository has been checked.
    """

    own: Services
    environ: "WSGIEnvironment"
    origin: Origin
    repository: str

    @property
    def is_head(self) -> bool:
        """Tell whether only the header of the answer is wanted."""
        return self.origin.request.method == "HEAD"

    @property
    def url(self) -> str:
        """The registry's URL, as the client knows it."""
        return url_of(self.environ, self.origin.request, self.own.settings)


class Answer(NamedTuple):
    """What is sent. The headers are complete, ``Content-Length`` among them."""

    status: int
    headers: dict[str, str]
    body: Iterable[bytes]


def read_manifest(read: Read, reference: str) -> Answer:
    """Send a manifest as it was pushed, whatever ``Accept`` says.

    Clients that leave out ``Accept``, or a type that they can read all the same, are
    many; and what was asked for by digest can only be these bytes.
    """
    parsed = parse_reference(reference)
    with read.own.database.read() as connection:
        manifest = find_manifest(connection, read.repository, parsed)
    digest = manifest.digest
    headers = {
        "Content-Disposition": "attachment",
        "Content-Type": manifest.media_type,
        "Docker-Content-Digest": digest,
        "Etag": f'"{digest}"',
    }
    if _is_known_to_client(read, digest):
        return _not_modified(headers)
    if _counts_as_pull(read):
        settings = read.own.settings
        target = stored_target(
            read.repository,
            manifest,
            parsed,
            registry_url=read.url,
            references=settings.event_references,
        )
        _announce_pull(read, target)
    headers["Content-Length"] = str(len(manifest.content))
    return Answer(200, headers, () if read.is_head else (manifest.content,))


def read_blob(read: Read, digest: str) -> Answer:
    """Send a blob, or the range of it that is asked for."""
    own, checked = read.own, Digest.parse(digest)
    if read.is_head:
        # Whoever hears that it is there will not push it.
        own.storage.claim_blob(checked)
    with own.database.read() as connection:
        size = blobs.get_size(connection, read.repository, checked)
    headers = _blob_headers(checked)
    if _is_known_to_client(read, checked):
        return _not_modified(headers)
    start, length, status = _range(read, checked, size)
    if status == 206:  # noqa: PLR2004 - RFC 9110, Partial Content
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    headers["Content-Length"] = str(length)
    reader, body = (
        open_nothing(own, checked, size)
        if read.is_head
        else open_bytes(own, checked, size, start, length)
    )
    try:
        # A blob that is fetched in parts was pulled once: when its first part was.
        if start == 0 and _counts_as_pull(read):
            _announce_pull(read, blob_target(read.repository, checked, size, read.url))
    except BaseException:
        reader.close()
        raise
    return Answer(status, headers, body)


def find_manifest(
    connection: sa.Connection, repository: str, reference: str | Digest
) -> StoredManifest:
    """Return the manifest of a tag or of a digest; raise `ManifestUnknown`."""
    if isinstance(reference, Digest):
        return manifests.get_by_digest(connection, repository, reference)
    return tags.get_manifest(connection, repository, reference)


def stored_target(
    repository: str,
    manifest: StoredManifest,
    reference: str | Digest,
    *,
    registry_url: str | None,
    references: bool = False,
) -> Target:
    """Say which manifest it is that was found; with what it names, if so wanted."""
    descriptor = Descriptor(
        media_type=manifest.media_type, digest=manifest.digest, size=manifest.size
    )
    document = None
    if references:
        document = ManifestDocument.parse(manifest.content, manifest.media_type)
    return manifest_target(
        repository,
        descriptor,
        registry_url=registry_url,
        artifact_type=manifest.artifact_type,
        tag=None if isinstance(reference, Digest) else reference,
        document=document,
    )


def _is_known_to_client(read: Read, digest: Digest) -> bool:
    """Tell whether the client says that it has the content (RFC 9110, 13.1.2)."""
    known = read.environ.get("HTTP_IF_NONE_MATCH")
    return known is not None and parse_etags(known).contains_weak(digest)


def _not_modified(headers: dict[str, str]) -> Answer:
    """Tell that the client's copy is good, and nothing of the content itself."""
    del headers["Content-Type"]
    return Answer(304, headers, ())


def _counts_as_pull(read: Read) -> bool:
    settings = read.own.settings
    if settings.pull_events is PullEvents.OFF:
        return False
    return settings.head_is_pull or not read.is_head


def _announce_pull(read: Read, target: Target) -> None:
    own = read.own
    event = read.origin.event(Action.PULL, target)
    if own.settings.pull_events is PullEvents.JOURNAL:
        own.journal.append(event)
        return
    with own.database.transaction() as transaction:
        own.announcer.announce(transaction, [event])


def _blob_headers(digest: Digest) -> dict[str, str]:
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": "max-age=31536000",
        "Content-Disposition": "attachment",
        "Content-Type": "application/octet-stream",
        "Docker-Content-Digest": digest,
        "Etag": f'"{digest}"',
    }


def _range(read: Read, digest: Digest, size: int) -> tuple[int, int, int]:
    """Return start, length and status (RFC 9110, section 14); raise `BlobRangeInvalid`.

    A header that asks for several ranges, or in other units, is ignored, as it may be.
    """
    asked = _RANGE.fullmatch(read.environ.get("HTTP_RANGE", "").strip())
    if asked is None or read.is_head:
        return 0, size, 200
    unless = read.environ.get("HTTP_IF_RANGE")
    if unless is not None and parse_if_range_header(unless).etag != digest:
        return 0, size, 200
    if asked[1]:
        start = int(asked[1])
        stop = min(int(asked[2]) + 1, size) if asked[2] else size
    else:
        start, stop = max(size - int(asked[2] or 0), 0), size
    if start >= stop:
        raise BlobRangeInvalid(size)
    return start, stop - start, 206
