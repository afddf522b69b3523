"""Upload sessions: how a blob comes in, whole or in chunks, and is believed.

Bytes are hashed while they stream to the storage. A session that was filled by one
request from its beginning notes the digest, so that closing it reads nothing again.
"""

import re
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import orjson

from notifier.ids import uuid7
from notifier.registry.digest import ALGORITHMS, CANONICAL, Digest, Hasher
from notifier.registry.errors import (
    BlobUploadUnknown,
    DigestInvalid,
    RangeInvalid,
    SizeInvalid,
)
from notifier.storage import Storage, UploadBusy, UploadMissing, UploadWriter

_CHUNK = 1024 * 1024
_CONTENT_RANGE = re.compile(
    r"(?:bytes[ =])?([0-9]{1,18})-([0-9]{1,18})(?:/(?:[0-9]+|\*))?", re.ASCII
)


class Readable(Protocol):
    """Where a body comes from."""

    def read(self, size: int, /) -> bytes:
        """Return up to *size* bytes, none at the end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A request's body, and what its headers say of it."""

    stream: Readable
    length: int | None = None
    content_range: str | None = None


@dataclass(frozen=True, slots=True)
class _Note:
    """What a session remembers: the algorithm wanted, and a digest of all so far."""

    algorithm: str = CANONICAL
    size: int = 0
    digest: str | None = None


def begin(storage: Storage, repository: str, algorithm: str | None = None) -> UUID:
    """Begin a session; *algorithm* is the one that its digest will have.

    Raises `DigestInvalid` for an unknown algorithm.
    """
    if algorithm is not None and algorithm not in ALGORITHMS:
        raise DigestInvalid(
            {"algorithm": algorithm[:64], "supported": list(ALGORITHMS)}
        )
    upload = uuid7()
    storage.create_upload(repository, upload)
    if algorithm is not None and algorithm != CANONICAL:
        with storage.open_upload(repository, upload) as writer:
            _write_note(writer, _Note(algorithm))
    return upload


def get_size(storage: Storage, repository: str, upload: UUID) -> int:
    """Return how many bytes a session has; raise `BlobUploadUnknown`."""
    try:
        return storage.upload_size(repository, upload)
    except UploadMissing:
        raise _unknown(upload) from None


def append(storage: Storage, repository: str, upload: UUID, body: Body) -> int:
    """Add a chunk; return the session's size after it.

    Raises `BlobUploadUnknown`, `RangeInvalid` if the chunk does not go on where the
    session stands, `SizeInvalid` if it is not as long as it says. What arrived of a
    body that broke off is kept: the client asks for the size and goes on from there.
    Nothing is kept of a body that is longer than it says.
    """
    with _open(storage, repository, upload) as writer:
        start = writer.size
        expected = _expected_length(body, start)
        note = _read_note(writer)
        hasher = Hasher(note.algorithm) if start == 0 else None
        received = _receive(writer, body, hasher, expected)
        if hasher is not None:
            _write_note(writer, _Note(note.algorithm, writer.size, hasher.digest()))
        _check_length(received, expected)
        return writer.size


def finish(
    storage: Storage, repository: str, upload: UUID, digest: Digest, body: Body
) -> int:
    """Add the last chunk, if any, and make the session a blob; return its size.

    Raises as `append` does, the session then being as it was before; and
    `DigestInvalid` if the content is not *digest*, the session then being gone.
    """
    with _open(storage, repository, upload) as writer:
        start = writer.size
        expected = _expected_length(body, start)
        hasher = Hasher(digest.algorithm) if start == 0 else None
        try:
            _check_length(_receive(writer, body, hasher, expected), expected)
        except BaseException:
            writer.truncate(start)
            raise
        actual = hasher.digest() if hasher else _digest(writer, digest.algorithm)
        if actual != digest:
            writer.discard()
            raise DigestInvalid({"digest": digest, "content": actual})
        size = writer.size
        writer.commit(digest)
        return size


def receive_whole(storage: Storage, repository: str, digest: Digest, body: Body) -> int:
    """Take a blob in one request; return its size. Nothing is left of a bad one."""
    upload = begin(storage, repository)
    try:
        return finish(storage, repository, upload, digest, body)
    except BaseException:
        _discard_quietly(storage, repository, upload)
        raise


def cancel(storage: Storage, repository: str, upload: UUID) -> None:
    """End a session; raise `BlobUploadUnknown`."""
    with _open(storage, repository, upload) as writer:
        writer.discard()


def _open(storage: Storage, repository: str, upload: UUID) -> UploadWriter:
    try:
        return storage.open_upload(repository, upload)
    except UploadMissing:
        raise _unknown(upload) from None
    except UploadBusy:
        size = get_size(storage, repository, upload)
        raise RangeInvalid(
            size, {"reason": "another request is writing to this upload"}
        ) from None


def _discard_quietly(storage: Storage, repository: str, upload: UUID) -> None:
    try:
        cancel(storage, repository, upload)
    except BlobUploadUnknown:
        return


def _unknown(upload: UUID) -> BlobUploadUnknown:
    return BlobUploadUnknown({"upload": str(upload)})


def _expected_length(body: Body, size: int) -> int | None:
    """Return how long the body must be, by its headers, to go on at *size*."""
    if body.content_range is None:
        return body.length
    match = _CONTENT_RANGE.fullmatch(body.content_range.strip())
    if match is None:
        raise RangeInvalid(size, {"reason": "the range is not first-last"})
    first, last = int(match[1]), int(match[2])
    if first != size or last < first:
        raise RangeInvalid(size, {"range": body.content_range[:64], "size": size})
    if body.length is not None and body.length != last - first + 1:
        raise SizeInvalid({"range": body.content_range[:64], "length": body.length})
    return last - first + 1


def _receive(
    writer: UploadWriter, body: Body, hasher: Hasher | None, expected: int | None
) -> int:
    start, received = writer.size, 0
    while chunk := body.stream.read(_CHUNK):
        received += len(chunk)
        if expected is not None and received > expected:
            writer.truncate(start)
            raise SizeInvalid({"received": received, "expected": expected})
        writer.append(chunk)
        if hasher is not None:
            hasher.update(chunk)
    return received


def _check_length(received: int, expected: int | None) -> None:
    if expected is not None and received != expected:
        raise SizeInvalid({"received": received, "expected": expected})


def _digest(writer: UploadWriter, algorithm: str) -> Digest:
    note = _read_note(writer)
    if note.digest and note.size == writer.size and note.algorithm == algorithm:
        return Digest(note.digest)
    hasher = Hasher(algorithm)
    for chunk in writer.chunks():
        hasher.update(chunk)
    return hasher.digest()


def _read_note(writer: UploadWriter) -> _Note:
    note = writer.note()
    return _Note() if note is None else _Note(*orjson.loads(note))


def _write_note(writer: UploadWriter, note: _Note) -> None:
    writer.set_note(orjson.dumps((note.algorithm, note.size, note.digest)))
