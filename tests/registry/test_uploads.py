import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from notifier.ids import uuid7
from notifier.registry import uploads
from notifier.registry.bodies import Body
from notifier.registry.digest import ALGORITHMS, Digest
from notifier.registry.errors import (
    BlobTooLarge,
    BlobUploadUnknown,
    DigestInvalid,
    RangeInvalid,
    SizeInvalid,
    TooManyRequests,
)
from notifier.registry.uploads import Limits
from notifier.storage import FilesystemStorage, MemoryStorage, Storage

REPOSITORY = "team/app"
CONTENT = b"0123456789"


class Disconnected(Exception):
    """What a server raises when the client goes away."""


class BrokenStream:
    """Gives some bytes, and then breaks."""

    def __init__(self, content: bytes) -> None:
        self._stream = io.BytesIO(content)

    def read(self, size: int, /) -> bytes:
        chunk = self._stream.read(size)
        if not chunk:
            raise Disconnected
        return chunk


def body(
    content: bytes = b"", content_range: str | None = None, length: int | None = None
) -> Body:
    return Body(stream=io.BytesIO(content), content_range=content_range, length=length)


def begin(storage: Storage, algorithm: str | None = None) -> UUID:
    return uploads.begin(storage, REPOSITORY, algorithm)


def append(storage: Storage, upload: UUID, chunk: Body) -> int:
    return uploads.append(storage, REPOSITORY, upload, chunk)


def finish(storage: Storage, upload: UUID, digest: Digest, chunk: Body) -> int:
    return uploads.finish(storage, REPOSITORY, upload, digest, chunk)


def finish_as(
    storage: Storage, digest: Digest, upload: UUID, chunk: Body, *, limits: Limits
) -> int:
    return uploads.finish(storage, REPOSITORY, upload, digest, chunk, limits=limits)


def size_of(storage: Storage, upload: UUID) -> int:
    return uploads.get_size(storage, REPOSITORY, upload)


def read(storage: Storage, digest: Digest) -> bytes | None:
    blob = storage.open_blob(digest)
    return None if blob is None else b"".join(blob.chunks(0, blob.size))


def is_gone(storage: Storage, upload: UUID) -> bool:
    try:
        size_of(storage, upload)
    except BlobUploadUnknown:
        return True
    return False


def count_reads(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Note each time that a session is read back."""
    with storage.open_upload(REPOSITORY, begin(storage)) as writer:
        kind = type(writer)
    chunks, reads = kind.chunks, list[None]()

    def counted(writer: Any) -> Iterator[bytes]:
        reads.append(None)
        return chunks(writer)

    monkeypatch.setattr(kind, "chunks", counted)
    return reads


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
@pytest.mark.parametrize("content", [b"", CONTENT, CONTENT * 300_000], ids=len)
def test_a_blob_comes_in_one_request(
    storage: Storage, content: bytes, algorithm: str
) -> None:
    digest = Digest.of(content, algorithm)

    size = uploads.receive_whole(
        storage, REPOSITORY, digest, body(content, length=len(content))
    )

    assert size == len(content)
    assert read(storage, digest) == content


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_a_blob_comes_in_a_stream_and_is_closed(
    storage: Storage, algorithm: str
) -> None:
    upload, digest = begin(storage), Digest.of(CONTENT, algorithm)

    assert append(storage, upload, body(CONTENT)) == 10
    assert size_of(storage, upload) == 10
    assert finish(storage, upload, digest, body()) == 10

    assert read(storage, digest) == CONTENT
    assert is_gone(storage, upload)


def test_a_blob_comes_in_chunks_the_last_with_the_close(storage: Storage) -> None:
    upload, digest = begin(storage), Digest.of(CONTENT)

    append(storage, upload, body(b"0123", "0-3", 4))
    append(storage, upload, body(b"456", "bytes 4-6/10", 3))
    finish(storage, upload, digest, body(b"789", "7-9", 3))

    assert read(storage, digest) == CONTENT


def test_an_empty_blob_needs_no_chunk(storage: Storage) -> None:
    upload, digest = begin(storage), Digest.of(b"")

    assert finish(storage, upload, digest, body()) == 0

    assert read(storage, digest) == b""


def test_what_one_request_filled_is_not_read_again(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = count_reads(storage, monkeypatch)
    upload = begin(storage)

    append(storage, upload, body(CONTENT))
    finish(storage, upload, Digest.of(CONTENT), body())

    assert reads == []


def test_nor_if_its_digest_is_of_the_algorithm_that_was_asked_for(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = count_reads(storage, monkeypatch)
    upload = begin(storage, "sha512")

    append(storage, upload, body(CONTENT))
    finish(storage, upload, Digest.of(CONTENT, "sha512"), body())

    assert reads == []


def test_an_algorithm_that_shows_only_at_the_close_is_served_too(
    storage: Storage,
) -> None:
    upload, digest = begin(storage, "sha512"), Digest.of(CONTENT, "sha384")

    append(storage, upload, body(CONTENT))
    finish(storage, upload, digest, body())

    assert read(storage, digest) == CONTENT


def test_an_unknown_algorithm_begins_no_session(storage: Storage) -> None:
    with pytest.raises(DigestInvalid) as refusal:
        begin(storage, "md5" + "x" * 100)

    assert refusal.value.detail["supported"] == ["sha256", "sha384", "sha512"]
    assert len(refusal.value.detail["algorithm"]) == 64


@pytest.mark.parametrize(
    "content_range",
    [
        "1-4",
        "11-14",
        "5-8",
        "3-2",
        "10",
        "10-",
        "-13",
        "a-b",
        "-10-13",
        "10-13-",
        "bytes",
        "bytes */10",
        "items 10-13",
        "٣-13",
        "10\0-13",
        "1" * 19 + "-" + "2" * 19,
        "9" * 70_000,
    ],
    ids=lambda text: repr(text[:24]),
)
def test_a_chunk_that_does_not_go_on_is_refused_and_the_session_stays(
    storage: Storage, content_range: str
) -> None:
    upload = begin(storage)
    append(storage, upload, body(CONTENT))

    digest = Digest.of(CONTENT)
    ways: list[Callable[[], int]] = [
        lambda: append(storage, upload, body(b"abcd", content_range)),
        lambda: finish(storage, upload, digest, body(b"abcd", content_range)),
    ]
    for send in ways:
        with pytest.raises(RangeInvalid) as refusal:
            send()
        assert refusal.value.size == 10

    assert append(storage, upload, body(b"abcd", "10-13", 4)) == 14
    finish(storage, upload, Digest.of(CONTENT + b"abcd"), body())


def test_a_length_that_contradicts_the_range_is_refused(storage: Storage) -> None:
    upload = begin(storage)

    with pytest.raises(SizeInvalid):
        append(storage, upload, body(CONTENT, "0-8", 10))

    assert size_of(storage, upload) == 0


def test_of_a_chunk_that_broke_off_the_part_that_came_is_kept(
    storage: Storage,
) -> None:
    upload = begin(storage)

    with pytest.raises(Disconnected):
        append(storage, upload, Body(stream=BrokenStream(CONTENT), length=100))
    assert size_of(storage, upload) == 10
    with pytest.raises(SizeInvalid):
        append(storage, upload, body(b"abcd", length=100))
    assert size_of(storage, upload) == 14

    append(storage, upload, body(b"!", "14-14", 1))
    finish(storage, upload, Digest.of(CONTENT + b"abcd!"), body())


def test_a_chunk_longer_than_its_range_is_not_kept(storage: Storage) -> None:
    upload = begin(storage)
    append(storage, upload, body(b"012", "0-2"))

    with pytest.raises(SizeInvalid):
        append(storage, upload, body(b"3456789", "3-5"))

    assert size_of(storage, upload) == 3
    append(storage, upload, body(b"345", "3-5"))
    finish(storage, upload, Digest.of(b"012345"), body())


def test_a_first_chunk_longer_than_its_range_leaves_no_digest_behind(
    storage: Storage,
) -> None:
    upload = begin(storage)
    with pytest.raises(SizeInvalid):
        append(storage, upload, body(b"wrong", "0-3"))

    with pytest.raises(Disconnected):
        append(storage, upload, Body(stream=BrokenStream(b"right")))
    finish(storage, upload, Digest.of(b"right"), body())

    assert read(storage, Digest.of(b"right")) == b"right"


@pytest.mark.parametrize("kept", [b"", b"0123"])
def test_a_close_that_broke_off_leaves_the_session_as_it_was(
    storage: Storage, kept: bytes
) -> None:
    upload, digest = begin(storage), Digest.of(CONTENT)
    append(storage, upload, body(kept))
    rest = CONTENT[len(kept) :]

    with pytest.raises(Disconnected):
        finish(storage, upload, digest, Body(stream=BrokenStream(rest[:3])))
    with pytest.raises(SizeInvalid):
        finish(storage, upload, digest, body(rest, length=len(rest) + 1))
    assert size_of(storage, upload) == len(kept)

    assert finish(storage, upload, digest, body(rest, length=len(rest))) == 10
    assert read(storage, digest) == CONTENT


def test_content_of_another_digest_ends_the_session(storage: Storage) -> None:
    upload, digest = begin(storage), Digest.of(b"other")
    append(storage, upload, body(CONTENT))

    with pytest.raises(DigestInvalid) as refusal:
        finish(storage, upload, digest, body())

    assert refusal.value.detail == {"digest": digest, "content": Digest.of(CONTENT)}
    assert is_gone(storage, upload)
    assert read(storage, digest) is None
    assert read(storage, Digest.of(CONTENT)) is None


@pytest.mark.parametrize(
    "sent",
    [
        body(b"other"),
        body(CONTENT, length=11),
        body(CONTENT, "5-14", 10),
        Body(stream=BrokenStream(CONTENT), length=11),
    ],
    ids=["digest", "length", "range", "broken"],
)
def test_nothing_is_left_of_a_blob_that_was_refused_whole(
    tmp_path: Path, sent: Body
) -> None:
    storage = FilesystemStorage(tmp_path)

    with pytest.raises((DigestInvalid, SizeInvalid, RangeInvalid, Disconnected)):
        uploads.receive_whole(storage, REPOSITORY, Digest.of(CONTENT), sent)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("length", [None, 7], ids=["stream", "length"])
def test_a_chunk_that_makes_a_blob_too_large_ends_the_session(
    storage: Storage, length: int | None
) -> None:
    limits, digest = Limits(max_size=10), Digest.of(b"01234567890")
    for send in (
        partial(uploads.append, storage, REPOSITORY),
        partial(finish_as, storage, digest),
    ):
        upload = begin(storage)
        append(storage, upload, body(b"0123"))

        with pytest.raises(BlobTooLarge) as refused:
            send(upload, body(b"4567890", length=length), limits=limits)

        assert refused.value.detail == {"limit": 10}
        with pytest.raises(BlobUploadUnknown):
            size_of(storage, upload)


def test_a_blob_may_be_just_as_large_as_the_limit(storage: Storage) -> None:
    digest, limits = Digest.of(CONTENT), Limits(max_size=len(CONTENT))

    size = uploads.receive_whole(
        storage, REPOSITORY, digest, body(CONTENT), limits=limits
    )

    assert size == storage.blob_size(digest) == 10


def test_of_a_body_that_says_to_be_too_long_nothing_is_read(storage: Storage) -> None:
    sent = Body(stream=BrokenStream(b""), length=11)

    with pytest.raises(BlobTooLarge):
        uploads.receive_whole(
            storage, REPOSITORY, Digest.of(b""), sent, limits=Limits(max_size=10)
        )


def test_a_repository_has_so_many_sessions_at_most(storage: Storage) -> None:
    limits = Limits(max_sessions=2)
    for _ in range(2):
        last = uploads.begin(storage, REPOSITORY, "sha512", limits=limits)

    with pytest.raises(TooManyRequests):
        uploads.begin(storage, REPOSITORY, limits=limits)
    with pytest.raises(TooManyRequests):
        uploads.receive_whole(
            storage, REPOSITORY, Digest.of(b""), body(), limits=limits
        )

    uploads.begin(storage, "team", limits=limits)
    uploads.begin(storage, f"{REPOSITORY}/web", limits=limits)
    uploads.cancel(storage, REPOSITORY, last)
    uploads.begin(storage, REPOSITORY, limits=limits)


def test_a_session_that_is_not_there_is_unknown_to_every_request(
    storage: Storage,
) -> None:
    upload = uuid7()

    for ask in (
        lambda: size_of(storage, upload),
        lambda: append(storage, upload, body(CONTENT)),
        lambda: finish(storage, upload, Digest.of(CONTENT), body()),
        lambda: uploads.cancel(storage, REPOSITORY, upload),
    ):
        with pytest.raises(BlobUploadUnknown):
            ask()


def test_a_session_that_was_cancelled_is_gone(storage: Storage) -> None:
    upload = begin(storage)
    append(storage, upload, body(CONTENT))

    uploads.cancel(storage, REPOSITORY, upload)

    assert is_gone(storage, upload)


def test_a_session_that_another_request_fills_says_how_far_it_is(
    storage: Storage,
) -> None:
    upload = begin(storage)
    append(storage, upload, body(CONTENT))

    with (
        storage.open_upload(REPOSITORY, upload),
        pytest.raises(RangeInvalid) as refusal,
    ):
        append(storage, upload, body(CONTENT))

    assert refusal.value.size == 10


def test_a_blob_that_is_there_already_is_taken_again(storage: Storage) -> None:
    digest = Digest.of(CONTENT)

    for _ in range(2):
        uploads.receive_whole(storage, REPOSITORY, digest, body(CONTENT))

    assert read(storage, digest) == CONTENT


def test_a_session_goes_on_after_a_restart(tmp_path: Path) -> None:
    upload, digest = begin(FilesystemStorage(tmp_path)), Digest.of(CONTENT)
    append(FilesystemStorage(tmp_path), upload, body(b"01234"))

    assert size_of(FilesystemStorage(tmp_path), upload) == 5
    append(FilesystemStorage(tmp_path), upload, body(b"56", "5-6"))
    finish(FilesystemStorage(tmp_path), upload, digest, body(b"789"))

    assert read(FilesystemStorage(tmp_path), digest) == CONTENT


def test_a_process_killed_while_it_took_a_chunk_leaves_no_false_digest() -> None:
    storage = MemoryStorage()
    upload = begin(storage)
    append(storage, upload, body(b"first"))
    with storage.open_upload(REPOSITORY, upload) as writer:
        writer.truncate(0)
        writer.append(b"other")
        writer.append(b"!")

    finish(storage, upload, Digest.of(b"other!"), body())

    assert read(storage, Digest.of(b"other!")) == b"other!"
