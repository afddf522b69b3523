"""Files that are kept whole, in every storage."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.storage import FilesystemStorage, Storage, StorageFull

NAME = "0196db4e-7017-7001-8017-9f3a5c000017.ndjson.gz"


def _read(storage: Storage, name: str = NAME) -> bytes | None:
    parts = storage.archives.read(name)
    return None if parts is None else b"".join(parts)


@pytest.mark.parametrize("parts", [[], [b"a"], [b"a" * 300_000, b"b"]], ids=len)
def test_a_file_is_read_as_it_was_put(storage: Storage, parts: list[bytes]) -> None:
    storage.archives.put(NAME, parts)

    assert _read(storage) == b"".join(parts)
    assert list(storage.archives.list()) == [NAME]


def test_what_is_put_under_a_name_again_replaces_the_file(storage: Storage) -> None:
    storage.archives.put(NAME, [b"old"])
    storage.archives.put(NAME, [b"new"])

    assert _read(storage) == b"new"


def test_a_file_that_was_removed_is_no_more(storage: Storage) -> None:
    storage.archives.put(NAME, [b"content"])

    for _ in range(2):
        storage.archives.remove(NAME)

    assert _read(storage) is None
    assert list(storage.archives.list()) == []


def test_of_what_breaks_off_nothing_is_kept(storage: Storage) -> None:
    def parts() -> Iterator[bytes]:
        yield b"a" * 300_000
        raise KeyError

    storage.archives.put(NAME, [b"old"])
    with pytest.raises(KeyError):
        storage.archives.put(NAME, parts())
    with pytest.raises(KeyError):
        storage.archives.put("other", parts())

    assert _read(storage) == b"old"
    assert list(storage.archives.list()) == [NAME]


def test_what_a_killed_process_has_begun_is_listed_and_can_be_removed(
    tmp_path: Path,
) -> None:
    storage = FilesystemStorage(tmp_path)
    storage.archives.put("other", [])
    (tmp_path / "archives" / f"{NAME}~").write_bytes(b"half")

    assert set(storage.archives.list()) == {NAME, "other"}
    assert _read(storage) is None
    storage.archives.remove(NAME)
    assert list((tmp_path / "archives").iterdir()) == [tmp_path / "archives" / "other"]


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    storage = FilesystemStorage(tmp_path)

    def parts() -> Iterator[bytes]:
        yield b"a"
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageFull):
        storage.archives.put(NAME, parts())
    assert list(storage.archives.list()) == []
