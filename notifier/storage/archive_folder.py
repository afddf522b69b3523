"""Files that are kept whole, in a folder.

A file is written under its name and a ``~``, and has its own name when it is on the
disk: whoever is killed meanwhile leaves nothing that could be taken for a whole file.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from notifier.storage.disk import fsync_folder, full_is_told

_CHUNK = 256 * 1024
_BEGUN = "~"


class ArchiveFolder:
    """A folder, which is made when something is to be kept in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Keep a file."""
        begun = self._begun(name)
        with full_is_told():
            if not self._folder.exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                fsync_folder(str(self._folder.parent))
            try:
                _write(begun, chunks)
                begun.rename(self._folder / name)
            except BaseException:
                begun.unlink(missing_ok=True)
                raise
            fsync_folder(str(self._folder))

    def read(self, name: str) -> Iterator[bytes] | None:
        """Return what a file holds."""
        try:
            descriptor = os.open(self._folder / name, os.O_RDONLY)
        except FileNotFoundError:
            return None
        return _read(descriptor)

    def list(self) -> Iterator[str]:
        """Yield the names of all."""
        yield from {path.name.removesuffix(_BEGUN) for path in self._folder.glob("*")}

    def remove(self, name: str) -> None:
        """Forget a file."""
        (self._folder / name).unlink(missing_ok=True)
        self._begun(name).unlink(missing_ok=True)

    def _begun(self, name: str) -> Path:
        return self._folder / f"{name}{_BEGUN}"


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _read(descriptor: int) -> Iterator[bytes]:
    with os.fdopen(descriptor, "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
