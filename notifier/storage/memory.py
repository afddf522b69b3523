"""All that a storage keeps in this process's memory: for tests and for trying out."""

import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from uuid import UUID

from notifier.storage.protocol import StoredBlob, UploadBusy, UploadMissing

_CHUNK = 1024 * 1024


class _Session:
    """The bytes of an upload session."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.note: bytes | None = None
        self.written_at = datetime.now(UTC)
        self.lock = threading.Lock()


class MemoryStorage:
    """Some dictionaries. What they hold is gone with the process."""

    def __init__(self) -> None:
        self.archives = _Archives()
        self._blobs: dict[str, bytes] = {}
        self._claimed: dict[str, datetime] = {}
        self._uploads: dict[tuple[str, UUID], _Session] = {}

    def create_upload(self, repository: str, upload: UUID) -> None:
        """Begin an upload session."""
        self._uploads[repository, upload] = _Session()

    def open_upload(self, repository: str, upload: UUID) -> "_Upload":
        """Hold an upload session."""
        session = self._session(repository, upload)
        if not session.lock.acquire(blocking=False):
            raise UploadBusy(str(upload))
        # It may have ended between being found and being held.
        if self._uploads.get((repository, upload)) is not session:
            session.lock.release()
            raise UploadMissing(str(upload))
        return _Upload(self, (repository, upload), session)

    def upload_size(self, repository: str, upload: UUID) -> int:
        """Return how many bytes the session has."""
        return len(self._session(repository, upload).content)

    def count_uploads(self, repository: str) -> int:
        """Count the upload sessions of a repository."""
        return sum(name == repository for name, _ in list(self._uploads))

    def expire_uploads(self, before: datetime, *, dry_run: bool = False) -> int:
        """End the sessions that nobody has written to since *before*."""
        # A list of keys is made at once; that of items lets another thread in between.
        expired = [
            key
            for key in list(self._uploads)
            if (session := self._uploads.get(key)) and session.written_at < before
        ]
        for key in () if dry_run else expired:
            self._uploads.pop(key, None)
        return len(expired)

    def open_blob(self, digest: str) -> "_Blob | None":
        """Open a blob for reading."""
        content = self._blobs.get(digest)
        return None if content is None else _Blob(content)

    def blob_size(self, digest: str) -> int | None:
        """Return a blob's size."""
        content = self._blobs.get(digest)
        return None if content is None else len(content)

    def claim_blob(self, digest: str) -> None:
        """Let a blob not be collected for a while."""
        self._claimed[digest] = datetime.now(UTC)

    def find_blob(self, digest: str) -> StoredBlob | None:
        """Say what is known of a blob."""
        content = self._blobs.get(digest)
        if content is None:
            return None
        return StoredBlob(digest, len(content), self._claimed[digest])

    def list_blobs(self) -> Iterator[StoredBlob]:
        """Yield all blobs."""
        yield from filter(None, map(self.find_blob, list(self._blobs)))

    def remove_blob(self, digest: str) -> None:
        """Forget a blob."""
        self._blobs.pop(digest, None)

    def set_blob_aside(self, digest: str) -> None:
        """Forget a blob: nothing in memory outlives its process anyway."""
        self.remove_blob(digest)

    def put_blob(self, digest: str, content: bytes) -> None:
        """Keep a blob, unless it is there already, and claim it."""
        self.claim_blob(digest)
        self._blobs.setdefault(digest, content)

    def end_upload(self, key: tuple[str, UUID]) -> None:
        """Forget a session."""
        self._uploads.pop(key, None)

    def check(self) -> None:
        """Memory is there."""

    def _session(self, repository: str, upload: UUID) -> _Session:
        try:
            return self._uploads[repository, upload]
        except KeyError:
            raise UploadMissing(str(upload)) from None


class _Archives:
    """Files by their names."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Keep a file."""
        self._files[name] = b"".join(chunks)

    def read(self, name: str) -> Iterator[bytes] | None:
        """Return what a file holds."""
        content = self._files.get(name)
        return None if content is None else iter((content,))

    def list(self) -> Iterator[str]:
        """Yield the names of all."""
        yield from list(self._files)

    def remove(self, name: str) -> None:
        """Forget a file."""
        self._files.pop(name, None)


class _Blob:
    """A blob's bytes."""

    version = None

    def __init__(self, content: bytes) -> None:
        self.size = len(content)
        self._content = content

    def chunks(self, start: int, length: int) -> Iterator[bytes]:
        """Yield *length* bytes from *start* on."""
        for offset in range(start, start + length, _CHUNK):
            yield self._content[offset : min(offset + _CHUNK, start + length)]

    def close(self) -> None:
        """Nothing is open."""


class _Upload:
    """A session, held."""

    def __init__(
        self, storage: MemoryStorage, key: tuple[str, UUID], session: _Session
    ) -> None:
        self._storage = storage
        self._key = key
        self._session = session

    @property
    def size(self) -> int:
        """How many bytes the session has."""
        return len(self._session.content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.written_at = datetime.now(UTC)
        self._session.lock.release()

    def append(self, chunk: bytes) -> None:
        """Add *chunk* at the end."""
        self._session.content += chunk

    def truncate(self, size: int) -> None:
        """Forget what lies beyond *size*."""
        del self._session.content[size:]

    def chunks(self) -> Iterator[bytes]:
        """Read back all that was written."""
        yield bytes(self._session.content)

    def note(self) -> bytes | None:
        """Return what `set_note` kept."""
        return self._session.note

    def set_note(self, note: bytes) -> None:
        """Keep *note*."""
        self._session.note = note

    def commit(self, digest: str) -> None:
        """Make the session the blob *digest*."""
        self._storage.put_blob(digest, bytes(self._session.content))
        self.discard()

    def discard(self) -> None:
        """End the session."""
        self._storage.end_upload(self._key)
