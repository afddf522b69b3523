"""Upload sessions: how a blob comes in, whole or in chunks, and is believed.

Bytes are hashed while they stream to the storage. A session that was filled by one
request from its beginning notes the digest, so that closing it reads nothing again.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson

from notifier.ids import uuid7
from notifier.registry.bodies import Body, check_length
from notifier.registry.digest import ALGORITHMS, CANONICAL, Digest, Hasher
from notifier.registry.errors import (
    BlobTooLarge,
    BlobUploadUnknown,
    DigestInvalid,
    RangeInvalid,
    SizeInvalid,
    TooManyRequests,
)
from notifier.storage import Storage, UploadBusy, UploadMissing, UploadWriter

_CHUNK = 1024 * 1024
# What a client that has too many sessions is told to wait.
_RETRY_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many bytes a blob may have, and how many sessions a repository; or any."""

    max_size: int | None = None
    max_sessions: int | None = None


_ANY: Final = Limits()


@dataclass(frozen=True, slots=True)
class _Note:
    """What a session remembers: the algorithm wanted, and a digest of all so far."""

    algorithm: str = CANONICAL
    size: int = 0
    digest: str | None = None


def begin(
    storage: Storage,
    repository: str,
    algorithm: str | None = None,
    *,
    limits: Limits = _ANY,
) -> UUID:
    """Begin a session; *algorithm* is the one that its digest will have.

    Raises `DigestInvalid` for an unknown algorithm, `TooManyRequests` if the repository
    has too many sessions.
    """
    if algorithm is not None and algorithm not in ALGORITHMS:
        raise DigestInvalid(
            {"algorithm": algorithm[:64], "supported": list(ALGORITHMS)}
        )
    most = limits.max_sessions
    if most is not None and storage.count_uploads(repository) >= most:
        raise TooManyRequests(_RETRY_S, {"reason": "too many uploads", "limit": most})
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


def append(
    storage: Storage,
    repository: str,
    upload: UUID,
    body: Body,
    *,
    limits: Limits = _ANY,
) -> int:
    """Add a chunk; return the session's size after it.

    Raises `BlobUploadUnknown`, `RangeInvalid` if the chunk does not go on where the
    session stands, `SizeInvalid` if it is not as long as it says. What arrived of a
    body that broke off is kept: the client asks for the size and goes on from there.
    Nothing is kept of a body that is longer than it says. Raises `BlobTooLarge` if this
    would be too large a blob, the session then being gone.
    """
    with _open(storage, repository, upload) as writer:
        start = writer.size
        expected = body.expected_length(start)
        note = _read_note(writer)
        hasher = Hasher(note.algorithm) if start == 0 else None
        received = _receive(writer, body, hasher, limits.max_size)
        if hasher is not None:
            _write_note(writer, _Note(note.algorithm, writer.size, hasher.digest()))
        check_length(received, expected)
        return writer.size


def finish(
    storage: Storage,
    repository: str,
    upload: UUID,
    digest: Digest,
    body: Body,
    *,
    limits: Limits = _ANY,
) -> int:
    """Add the last chunk, if any, and make the session a blob; return its size.

    Raises as `append` does, the session then being as it was before; and
    `DigestInvalid` if the content is not *digest*, the session then being gone.
    """
    with _open(storage, repository, upload) as writer:
        start = writer.size
        expected = body.expected_length(start)
        hasher = Hasher(digest.algorithm) if start == 0 else None
        try:
            received = _receive(writer, body, hasher, limits.max_size)
            check_length(received, expected)
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


def receive_whole(
    storage: Storage,
    repository: str,
    digest: Digest,
    body: Body,
    *,
    limits: Limits = _ANY,
) -> int:
    """Take a blob in one request; return its size. Nothing is left of a bad one."""
    upload = begin(storage, repository, limits=limits)
    try:
        return finish(storage, repository, upload, digest, body, limits=limits)
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


def _receive(
    writer: UploadWriter, body: Body, hasher: Hasher | None, max_size: int | None
) -> int:
    start, received = writer.size, 0
    expected = body.expected_length(start)
    _check_size(writer, start + (expected or 0), max_size)
    while chunk := body.stream.read(_CHUNK):
        received += len(chunk)
        if expected is not None and received > expected:
            writer.truncate(start)
            raise SizeInvalid({"received": received, "expected": expected})
        _check_size(writer, start + received, max_size)
        writer.append(chunk)
        if hasher is not None:
            hasher.update(chunk)
    return received


def _check_size(writer: UploadWriter, size: int, max_size: int | None) -> None:
    if max_size is not None and size > max_size:
        writer.discard()
        raise BlobTooLarge({"limit": max_size})


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
