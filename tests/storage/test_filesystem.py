"""What can go wrong with files, and what is left then."""

import errno
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from notifier.ids import uuid7
from notifier.registry.digest import Digest
from notifier.storage import FilesystemStorage, StorageFull, UploadMissing
from notifier.storage.filesystem import CLAIM_EVERY_S
from tests.storage.test_storage import keep

CONTENT = b"layer"
DIGEST = Digest.of(CONTENT)


def files(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def failing(number: int) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.fixture(name="storage")
def _storage(tmp_path: Path) -> FilesystemStorage:
    return FilesystemStorage(tmp_path)


def test_a_blob_lies_under_its_digest(
    storage: FilesystemStorage, tmp_path: Path
) -> None:
    upload = uuid7()
    storage.create_upload("team/app", upload)
    assert files(tmp_path) == [f"uploads/team/app/_/{upload}"]

    with storage.open_upload("team/app", upload) as writer:
        writer.append(CONTENT)
        writer.set_note(b"note")
        writer.commit(DIGEST)

    assert files(tmp_path) == [f"blobs/sha256/{DIGEST.hex[:2]}/{DIGEST.hex}"]


def test_a_repository_may_be_called_like_parts_of_the_tree(
    storage: FilesystemStorage,
) -> None:
    upload = uuid7()
    for name in ("blobs", "uploads", "sha256", f"a/{upload}", "a"):
        storage.create_upload(name, upload)
        assert storage.upload_size(name, upload) == 0
    with pytest.raises(UploadMissing):
        storage.open_upload(f"a/_/{upload}", upload)
    with pytest.raises(UploadMissing):
        storage.upload_size(f"a/_/{upload}", upload)


def test_everything_is_there_after_a_restart(
    storage: FilesystemStorage, tmp_path: Path
) -> None:
    upload = uuid7()
    storage.create_upload("a", upload)
    with storage.open_upload("a", upload) as writer:
        writer.append(b"la")
        writer.set_note(b"note")

    with FilesystemStorage(tmp_path).open_upload("a", upload) as writer:
        assert (writer.size, writer.note()) == (2, b"note")
        writer.append(b"yer")
        writer.commit(DIGEST)

    assert FilesystemStorage(tmp_path).blob_size(DIGEST) == 5


def test_bytes_are_on_the_disk_before_they_are_called_a_blob(
    storage: FilesystemStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, rename = os.fsync, os.rename

    def noting_fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        steps.append(f"fsync {path.relative_to(tmp_path)}")
        fsync(descriptor)

    def noting_rename(source: str, target: str) -> None:
        rename(source, target)
        steps.append(f"rename to {Path(target).relative_to(tmp_path)}")

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(os, "rename", noting_rename)
    upload = uuid7()
    storage.create_upload("a", upload)

    with storage.open_upload("a", upload) as writer:
        writer.append(CONTENT)
        writer.commit(DIGEST)

    folder = f"blobs/sha256/{DIGEST.hex[:2]}"
    assert steps[0] == f"fsync uploads/a/_/{upload}"
    assert steps[-2:] == [f"rename to {folder}/{DIGEST.hex}", f"fsync {folder}"]
    # The folders are new, so those that name them are written too.
    assert set(steps[1:-2]) == {"fsync blobs/sha256", "fsync blobs"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_told_and_what_was_there_is_unharmed(
    storage: FilesystemStorage, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    upload = uuid7()
    storage.create_upload("a", upload)

    with storage.open_upload("a", upload) as writer:
        writer.append(CONTENT)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", failing(number))
            with pytest.raises(StorageFull):
                writer.append(b"more")
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", failing(number))
            with pytest.raises(StorageFull):
                writer.commit(DIGEST)

    with storage.open_upload("a", upload) as writer:
        assert b"".join(writer.chunks()) == CONTENT
        writer.commit(DIGEST)
    assert storage.blob_size(DIGEST) == 5


def test_a_disk_without_room_for_a_file_takes_no_session(
    storage: FilesystemStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "makedirs", failing(errno.ENOSPC))
        with pytest.raises(StorageFull):
            storage.create_upload("a", uuid7())

    assert files(tmp_path) == []


def test_other_faults_of_the_disk_are_not_called_full(
    storage: FilesystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = uuid7()
    storage.create_upload("a", upload)

    with storage.open_upload("a", upload) as writer:
        monkeypatch.setattr(os, "write", failing(errno.EIO))
        with pytest.raises(OSError, match="Input/output"):
            writer.append(CONTENT)


def test_a_write_that_takes_only_part_is_gone_on_with(
    storage: FilesystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, write = uuid7(), os.write
    storage.create_upload("a", upload)

    with storage.open_upload("a", upload) as writer:
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", lambda file, data: write(file, data[:3]))
            writer.append(b"0123456789")
        assert writer.size == 10
        assert b"".join(writer.chunks()) == b"0123456789"


def test_a_crash_leaves_the_old_note_or_the_new_one(
    storage: FilesystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = uuid7()
    storage.create_upload("a", upload)

    with storage.open_upload("a", upload) as writer:
        writer.set_note(b"old")
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", failing(errno.ENOSPC))
            with pytest.raises(StorageFull):
                writer.set_note(b"new")
        assert writer.note() == b"old"


def test_expiry_takes_notes_along_and_counts_sessions(
    storage: FilesystemStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = uuid7()
    storage.create_upload("a", upload)
    with storage.open_upload("a", upload) as writer:
        writer.set_note(b"note")
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", failing(errno.EIO))
            with pytest.raises(OSError, match="Input/output"):
                writer.set_note(b"torn")

    expired = storage.expire_uploads(datetime.now(UTC) + timedelta(hours=1))

    assert expired == 1
    assert files(tmp_path) == []


def test_a_file_shorter_than_its_blob_is_a_fault_not_an_end(
    storage: FilesystemStorage, tmp_path: Path
) -> None:
    upload = uuid7()
    storage.create_upload("a", upload)
    with storage.open_upload("a", upload) as writer:
        writer.append(CONTENT)
        writer.commit(DIGEST)
    blob = storage.open_blob(DIGEST)
    assert blob is not None
    os.truncate(tmp_path / "blobs" / "sha256" / DIGEST.hex[:2] / DIGEST.hex, 2)

    with pytest.raises(OSError, match="too short"):
        list(blob.chunks(0, blob.size))


def test_a_blob_that_was_opened_stays_readable_when_its_file_goes(
    storage: FilesystemStorage, tmp_path: Path
) -> None:
    upload = uuid7()
    storage.create_upload("a", upload)
    with storage.open_upload("a", upload) as writer:
        writer.append(CONTENT)
        writer.commit(DIGEST)
    blob = storage.open_blob(DIGEST)
    assert blob is not None
    (tmp_path / "blobs" / "sha256" / DIGEST.hex[:2] / DIGEST.hex).unlink()

    assert b"".join(blob.chunks(0, 5)) == CONTENT


def test_a_session_that_ended_between_open_and_lock_is_missing(
    storage: FilesystemStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = uuid7()
    storage.create_upload("a", upload)
    path = tmp_path / "uploads" / "a" / "_" / str(upload)
    opened = os.open

    def open_and_lose(name: Any, *arguments: Any) -> int:
        descriptor = opened(name, *arguments)
        path.unlink()
        return descriptor

    monkeypatch.setattr(os, "open", open_and_lose)
    before = descriptors()

    with pytest.raises(UploadMissing):
        storage.open_upload("a", upload)
    assert descriptors() == before


def test_a_folder_that_cannot_be_written_fails_the_check(
    storage: FilesystemStorage, tmp_path: Path
) -> None:
    (tmp_path / "uploads").rename(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="No such file"):
        storage.check()


@pytest.mark.parametrize("again", ["claim", "push"])
def test_a_claim_makes_an_old_blob_young(tmp_path: Path, again: str) -> None:
    storage = FilesystemStorage(tmp_path)
    digest = keep(storage, b"layer")
    path = tmp_path / "blobs" / "sha256" / digest[7:9] / digest[7:]
    an_hour_ago = time.time() - CLAIM_EVERY_S - 1
    os.utime(path, (an_hour_ago, an_hour_ago))

    if again == "claim":
        storage.claim_blob(digest)
    else:
        keep(storage, b"layer")

    found = storage.find_blob(digest)
    assert found is not None
    assert found.claimed_at.timestamp() > an_hour_ago + 1000
