"""Blobs and upload sessions as files.

    <root>/
      blobs/sha256/ab/abcdef…            a blob; complete from the moment it is here
      uploads/team/app/_/<uuid>          an upload session of the repository team/app
      uploads/team/app/_/<uuid>.note     what the session has to remember, if anything
      damaged/sha256-abcdef…             a blob that was found to be damaged
      archives/…                         files that are kept whole: `archive_folder`

A session's file becomes a blob by fsync, rename, and fsync of the folder. No component
of a repository's name can be ``_``, so sessions and names cannot collide.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from notifier.storage.archive_folder import ArchiveFolder
from notifier.storage.disk import fsync_folder, full_is_told
from notifier.storage.protocol import StoredBlob, UploadBusy, UploadMissing

# A claim lasts for so long before it is written down anew.
CLAIM_EVERY_S = 3600.0

_CHUNK = 1024 * 1024


class FilesystemStorage:
    """A folder."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._uploads = root / "uploads"
        self._damaged = root / "damaged"
        self.archives = ArchiveFolder(root / "archives")
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._uploads.mkdir(parents=True, exist_ok=True)

    def create_upload(self, repository: str, upload: UUID) -> None:
        """Begin an upload session."""
        path = self._upload_path(repository, upload)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with full_is_told():
            try:
                descriptor = os.open(path, flags, 0o600)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                descriptor = os.open(path, flags, 0o600)
        os.close(descriptor)

    def open_upload(self, repository: str, upload: UUID) -> "_Upload":
        """Hold an upload session."""
        path = self._upload_path(repository, upload)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except (FileNotFoundError, NotADirectoryError):
            raise UploadMissing(str(upload)) from None
        try:
            _lock(descriptor, path, upload)
        except BaseException:
            os.close(descriptor)
            raise
        return _Upload(self._blobs, path, descriptor, os.fstat(descriptor).st_size)

    def upload_size(self, repository: str, upload: UUID) -> int:
        """Return how many bytes the session has."""
        try:
            return os.stat(self._upload_path(repository, upload)).st_size
        except (FileNotFoundError, NotADirectoryError):
            raise UploadMissing(str(upload)) from None

    def count_uploads(self, repository: str) -> int:
        """Count the upload sessions of a repository."""
        try:
            names = os.listdir(f"{self._uploads}/{repository}/_")
        except (FileNotFoundError, NotADirectoryError):
            return 0
        return sum("." not in name for name in names)

    def expire_uploads(self, before: datetime, *, dry_run: bool = False) -> int:
        """End the sessions that nobody has written to since *before*."""
        expired = 0
        for path in self._uploads.rglob("_/*"):
            session = path.with_suffix("")
            with suppress(FileNotFoundError):
                # A note lives as long as its session.
                written = (session if session.exists() else path).stat().st_mtime
                if written < before.timestamp():
                    if not dry_run:
                        path.unlink()
                    expired += path == session
        return expired

    def open_blob(self, digest: str) -> "_Blob | None":
        """Open a blob for reading."""
        path = _blob_path(self._blobs, digest)
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        return _Blob(path, descriptor)

    def blob_size(self, digest: str) -> int | None:
        """Return a blob's size."""
        try:
            return os.stat(_blob_path(self._blobs, digest)).st_size
        except FileNotFoundError:
            return None

    def claim_blob(self, digest: str) -> None:
        """Let a blob not be collected for a while: its file is as if it were new."""
        with suppress(FileNotFoundError):
            _claim(_blob_path(self._blobs, digest))

    def find_blob(self, digest: str) -> StoredBlob | None:
        """Say what is known of a blob."""
        try:
            found = os.stat(_blob_path(self._blobs, digest))
        except FileNotFoundError:
            return None
        return _stored(digest, found)

    def list_blobs(self) -> Iterator[StoredBlob]:
        """Yield all blobs."""
        for path in self._blobs.glob("*/??/*"):
            with suppress(FileNotFoundError):
                algorithm = path.parent.parent.name
                yield _stored(f"{algorithm}:{path.name}", path.stat())

    def remove_blob(self, digest: str) -> None:
        """Forget a blob."""
        with suppress(FileNotFoundError):
            os.unlink(_blob_path(self._blobs, digest))

    def set_blob_aside(self, digest: str) -> None:
        """Move a blob that is damaged to where nobody asks for it."""
        self._damaged.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            os.replace(
                _blob_path(self._blobs, digest),
                self._damaged / digest.replace(":", "-"),
            )

    def check(self) -> None:
        """Write and remove an empty file."""
        probe = self._uploads / f".check-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink(missing_ok=True)

    def _upload_path(self, repository: str, upload: UUID) -> str:
        return f"{self._uploads}/{repository}/_/{upload}"


class _Blob:
    """An open file."""

    def __init__(self, path: str, descriptor: int) -> None:
        self._path = path
        found = os.fstat(descriptor)
        self.size = found.st_size
        self.version = found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        self._descriptor = descriptor

    def chunks(self, start: int, length: int) -> Iterator[bytes]:
        """Yield *length* bytes from *start* on, and close."""
        try:
            end = start + length
            while start < end:
                chunk = os.pread(self._descriptor, min(_CHUNK, end - start), start)
                if not chunk:
                    raise OSError(errno.EIO, "a blob's file is too short", self._path)
                start += len(chunk)
                yield chunk
        finally:
            self.close()

    def close(self) -> None:
        """Close the file, once."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class _Upload:
    """A session's file, open and locked."""

    def __init__(self, blobs: Path, path: str, descriptor: int, size: int) -> None:
        self.size = size
        self._blobs = blobs
        self._path = path
        self._descriptor = descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)

    def append(self, chunk: bytes) -> None:
        """Add *chunk* at the end."""
        rest = memoryview(chunk)
        with full_is_told():
            while rest:
                written = os.write(self._descriptor, rest)
                self.size += written
                rest = rest[written:]

    def truncate(self, size: int) -> None:
        """Forget what lies beyond *size*."""
        os.ftruncate(self._descriptor, size)
        self.size = size

    def chunks(self) -> Iterator[bytes]:
        """Read back all that was written."""
        offset = 0
        while chunk := os.pread(self._descriptor, _CHUNK, offset):
            offset += len(chunk)
            yield chunk

    def note(self) -> bytes | None:
        """Return what `set_note` kept."""
        try:
            return Path(self._path + ".note").read_bytes()
        except FileNotFoundError:
            return None

    def set_note(self, note: bytes) -> None:
        """Keep *note*; a crash leaves the old one or the new one."""
        temporary = self._path + ".note~"
        with full_is_told():
            Path(temporary).write_bytes(note)
            os.replace(temporary, self._path + ".note")

    def commit(self, digest: str) -> None:
        """Make the session the blob *digest*."""
        target = _blob_path(self._blobs, digest)
        _claim(self._path)
        with full_is_told():
            os.fsync(self._descriptor)
            try:
                os.rename(self._path, target)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(target), exist_ok=True)
                fsync_folder(os.path.dirname(os.path.dirname(target)))
                fsync_folder(str(self._blobs))
                os.rename(self._path, target)
            fsync_folder(os.path.dirname(target))
        self._forget_note()

    def discard(self) -> None:
        """Remove the session's file."""
        with suppress(FileNotFoundError):
            os.unlink(self._path)
        self._forget_note()

    def _forget_note(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self._path + ".note")


def _lock(descriptor: int, path: str, upload: UUID) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UploadBusy(str(upload)) from None
    # Between open and lock another request may have made a blob of this very file.
    try:
        still_there = os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        still_there = False
    if not still_there:
        raise UploadMissing(str(upload))


def _claim(path: str) -> None:
    if time.time() - os.stat(path).st_mtime > CLAIM_EVERY_S:
        os.utime(path)


def _stored(digest: str, found: os.stat_result) -> StoredBlob:
    return StoredBlob(
        digest, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC)
    )


def _blob_path(blobs: Path, digest: str) -> str:
    algorithm, _, hex_ = digest.partition(":")
    return f"{blobs}/{algorithm}/{hex_[:2]}/{hex_}"
