"""What every storage does, whatever it is made of."""

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifier.ids import uuid7
from notifier.registry.digest import Digest
from notifier.storage import (
    FilesystemStorage,
    MemoryStorage,
    Storage,
    UploadBusy,
    UploadMissing,
    open_storage,
)

REPOSITORY = "team/app"
LARGE = bytes(range(256)) * 10_000


def keep(storage: Storage, content: bytes, repository: str = REPOSITORY) -> str:
    upload, digest = uuid7(), Digest.of(content)
    storage.create_upload(repository, upload)
    with storage.open_upload(repository, upload) as writer:
        writer.append(content)
        writer.commit(digest)
    return digest


def read(storage: Storage, digest: str) -> bytes:
    blob = storage.open_blob(digest)
    assert blob is not None
    return b"".join(blob.chunks(0, blob.size))


@pytest.mark.parametrize("content", [b"", b"layer", LARGE], ids=len)
def test_a_blob_is_read_as_it_was_written(storage: Storage, content: bytes) -> None:
    digest = keep(storage, content)

    assert read(storage, digest) == content
    assert storage.blob_size(digest) == len(content)


@pytest.mark.parametrize(("start", "length"), [(0, 1), (5, 0), (7, 2_000_000)])
def test_part_of_a_blob_is_read(storage: Storage, start: int, length: int) -> None:
    blob = storage.open_blob(keep(storage, LARGE))

    assert blob is not None
    assert b"".join(blob.chunks(start, length)) == LARGE[start : start + length]


def test_a_blob_may_be_closed_without_being_read(storage: Storage) -> None:
    blob = storage.open_blob(keep(storage, b"layer"))

    assert blob is not None
    blob.close()
    blob.close()


def test_there_is_no_blob_that_nobody_wrote(storage: Storage) -> None:
    keep(storage, b"layer")
    unknown = Digest.of(b"unknown")

    assert storage.open_blob(unknown) is None
    assert storage.blob_size(unknown) is None


def test_a_blob_may_be_written_again(storage: Storage) -> None:
    keep(storage, b"layer")

    digest = keep(storage, b"layer", "other/app")

    assert read(storage, digest) == b"layer"


def test_a_session_grows_and_is_cut_back(storage: Storage) -> None:
    upload = uuid7()
    storage.create_upload(REPOSITORY, upload)

    with storage.open_upload(REPOSITORY, upload) as writer:
        writer.append(b"one")
        writer.append(b"two")
        assert writer.size == 6
        writer.truncate(4)
        assert writer.size == 4
        writer.append(b"!")
        assert b"".join(writer.chunks()) == b"onet!"

    assert storage.upload_size(REPOSITORY, upload) == 5


def test_a_session_keeps_its_note_and_its_bytes_when_let_go(storage: Storage) -> None:
    upload = uuid7()
    storage.create_upload(REPOSITORY, upload)
    with storage.open_upload(REPOSITORY, upload) as writer:
        assert writer.note() is None
        writer.append(b"one")
        writer.set_note(b"first")
        writer.set_note(b"second")

    with storage.open_upload(REPOSITORY, upload) as writer:
        assert writer.size == 3
        assert writer.note() == b"second"


def test_a_session_is_held_by_one_at_a_time(storage: Storage) -> None:
    upload = uuid7()
    storage.create_upload(REPOSITORY, upload)

    with storage.open_upload(REPOSITORY, upload):
        with pytest.raises(UploadBusy):
            storage.open_upload(REPOSITORY, upload)
        assert storage.upload_size(REPOSITORY, upload) == 0
    with storage.open_upload(REPOSITORY, upload) as writer:
        assert writer.size == 0


def test_a_session_belongs_to_one_repository(storage: Storage) -> None:
    upload = uuid7()
    storage.create_upload(REPOSITORY, upload)

    for repository in ("team", "team/app/x", "other"):
        with pytest.raises(UploadMissing):
            storage.upload_size(repository, upload)
        with pytest.raises(UploadMissing):
            storage.open_upload(repository, upload)


@pytest.mark.parametrize("end", ["commit", "discard"])
def test_a_session_that_ended_is_gone(storage: Storage, end: str) -> None:
    upload = uuid7()
    storage.create_upload(REPOSITORY, upload)
    with storage.open_upload(REPOSITORY, upload) as writer:
        writer.append(b"layer")
        writer.set_note(b"note")
        if end == "commit":
            writer.commit(Digest.of(b"layer"))
        else:
            writer.discard()

    with pytest.raises(UploadMissing):
        storage.open_upload(REPOSITORY, upload)
    with pytest.raises(UploadMissing):
        storage.upload_size(REPOSITORY, upload)


def test_only_idle_sessions_expire(storage: Storage) -> None:
    idle, busy = uuid7(), uuid7()
    for upload in (idle, busy):
        storage.create_upload(REPOSITORY, upload)
        with storage.open_upload(REPOSITORY, upload) as writer:
            writer.append(b"layer")
            writer.set_note(b"note")
    between = datetime.now(UTC) + timedelta(seconds=0.02)
    # The clock of files ticks every few milliseconds.
    time.sleep(0.04)
    with storage.open_upload(REPOSITORY, busy) as writer:
        writer.append(b"more")

    assert storage.expire_uploads(between) == 1
    with pytest.raises(UploadMissing):
        storage.upload_size(REPOSITORY, idle)
    with storage.open_upload(REPOSITORY, busy) as writer:
        assert (writer.size, writer.note()) == (9, b"note")
    assert storage.expire_uploads(between) == 0


def test_expiry_leaves_blobs_alone(storage: Storage) -> None:
    digest = keep(storage, b"layer")

    assert storage.expire_uploads(datetime.now(UTC) + timedelta(days=1)) == 0
    assert read(storage, digest) == b"layer"


def test_a_session_is_made_a_blob_once_though_many_try(storage: Storage) -> None:
    upload, digest = uuid7(), Digest.of(b"layer")
    storage.create_upload(REPOSITORY, upload)
    with storage.open_upload(REPOSITORY, upload) as writer:
        writer.append(b"layer")
    outcomes: list[str] = []

    def finish() -> None:
        try:
            with storage.open_upload(REPOSITORY, upload) as held:
                outcomes.append("held" if held.size == 5 else "wrong")
                held.commit(digest)
        except (UploadBusy, UploadMissing) as refusal:
            outcomes.append(type(refusal).__name__)

    threads = [threading.Thread(target=finish) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count("held") == 1
    assert "wrong" not in outcomes
    assert read(storage, digest) == b"layer"


def test_a_storage_that_works_passes_its_check(storage: Storage) -> None:
    storage.check()
    storage.check()


def test_a_storage_is_opened_by_its_url(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    url = folder.as_uri()

    assert "%20" in url
    assert isinstance(open_storage(url), FilesystemStorage)
    assert (folder / "blobs").is_dir()
    assert isinstance(open_storage("memory://"), MemoryStorage)


def test_a_blob_is_known_by_its_size_and_when_it_was_claimed(storage: Storage) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    digest = keep(storage, b"layer")

    found = storage.find_blob(digest)

    assert found is not None
    assert (found.digest, found.size) == (digest, 5)
    assert before < found.claimed_at <= datetime.now(UTC)
    assert list(storage.list_blobs()) == [found]


def test_a_blob_that_was_removed_is_no_more_but_who_reads_it_reads_on(
    storage: Storage,
) -> None:
    digest = keep(storage, LARGE)
    blob = storage.open_blob(digest)

    storage.remove_blob(digest)
    storage.remove_blob(digest)

    assert blob is not None
    assert b"".join(blob.chunks(0, blob.size)) == LARGE
    assert storage.find_blob(digest) is None
    assert storage.open_blob(digest) is None
    assert list(storage.list_blobs()) == []
    assert keep(storage, LARGE) == digest
    assert read(storage, digest) == LARGE


def test_to_claim_what_is_not_there_is_no_fault(storage: Storage) -> None:
    storage.claim_blob(Digest.of(b"nothing"))

    assert list(storage.list_blobs()) == []


def test_a_dry_run_only_counts_the_sessions_that_stand_still(storage: Storage) -> None:
    upload = uuid7()
    storage.create_upload(REPOSITORY, upload)
    later = datetime.now(UTC) + timedelta(minutes=1)

    assert storage.expire_uploads(later, dry_run=True) == 1
    assert storage.upload_size(REPOSITORY, upload) == 0
    assert storage.expire_uploads(later) == 1
