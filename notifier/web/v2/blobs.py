"""Blobs: read them, whole or in part, and delete them."""

import re
from collections.abc import Iterator
from dataclasses import replace

from flask import Response, request

from notifier.events.event import Action
from notifier.registry import blobs
from notifier.registry.digest import Digest
from notifier.registry.errors import BlobRangeInvalid
from notifier.registry.reference import parse_repository
from notifier.storage import BlobReader
from notifier.web.services import services
from notifier.web.v2.announcements import (
    announce_pull,
    blob_target,
    counts_as_pull,
    make_event,
)
from notifier.web.v2.base import (
    accepted,
    is_known_to_client,
    refuse_deletes_if_off,
)

_RANGE = re.compile(r"bytes\s*=\s*([0-9]{0,18})-([0-9]{0,18})", re.ASCII)

# Below this a blob is read at once: a stream costs more than it saves.
_SMALL = 256 * 1024


def get_blob(repository: str, digest: str) -> Response:
    """Send a blob, or the range of it that is asked for."""
    repository, checked = parse_repository(repository), Digest.parse(digest)
    if request.method == "HEAD":
        # Whoever hears that it is there will not push it.
        services().storage.claim_blob(checked)
    with services().database.read() as connection:
        size = blobs.get_size(connection, repository, checked)
    headers = _headers(checked)
    if is_known_to_client(checked):
        return Response(status=304, headers=headers)
    start, length, status = _range(checked, size)
    if status == 206:  # noqa: PLR2004 - RFC 9110, Partial Content
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    headers["Content-Length"] = str(length)
    reader = _open(checked, size)
    try:
        # A blob that is fetched in parts was pulled once: when its first part was.
        if start == 0 and counts_as_pull():
            announce_pull(blob_target(repository, checked, size))
    except BaseException:
        reader.close()
        raise
    response = Response(_body(reader, start, length), status=status, headers=headers)
    # A client may go away before the first byte, and a stream that never began
    # does not end either.
    response.call_on_close(reader.close)
    return response


def delete_blob(repository: str, digest: str) -> Response:
    """Make a blob invisible in a repository, at once."""
    refuse_deletes_if_off()
    repository, checked = parse_repository(repository), Digest.parse(digest)
    own = services()
    with own.database.transaction() as transaction:
        connection = transaction.connection
        size = blobs.get_size(connection, repository, checked)
        blobs.unlink(connection, repository, checked)
        target = replace(blob_target(repository, checked, size), url=None)
        own.announcer.announce(transaction, [make_event(Action.DELETE, target)])
    return accepted()


def _headers(digest: Digest) -> dict[str, str]:
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": "max-age=31536000",
        "Content-Disposition": "attachment",
        "Content-Type": "application/octet-stream",
        "Docker-Content-Digest": digest,
        "Etag": f'"{digest}"',
    }


def _range(digest: Digest, size: int) -> tuple[int, int, int]:
    """Return start, length and status (RFC 9110, section 14); raise `BlobRangeInvalid`.

    A header that asks for several ranges, or in other units, is ignored, as it may be.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked is None or request.method == "HEAD":
        return 0, size, 200
    if "If-Range" in request.headers and request.if_range.etag != digest:
        return 0, size, 200
    if asked[1]:
        start = int(asked[1])
        stop = min(int(asked[2]) + 1, size) if asked[2] else size
    else:
        start, stop = max(size - int(asked[2] or 0), 0), size
    if start >= stop:
        raise BlobRangeInvalid(size)
    return start, stop - start, 206


def _open(digest: Digest, size: int) -> BlobReader:
    reader = services().storage.open_blob(digest)
    if reader is None:
        raise FileNotFoundError(f"the storage has lost {digest}")
    if reader.size != size:
        reader.close()
        raise OSError(f"the storage has {reader.size} bytes of {size} of {digest}")
    return reader


def _body(reader: BlobReader, start: int, length: int) -> bytes | Iterator[bytes]:
    if request.method == "HEAD":
        reader.close()
        # An iterator, for bytes would bring their own length.
        return iter(())
    chunks = reader.chunks(start, length)
    return b"".join(chunks) if length <= _SMALL else chunks
