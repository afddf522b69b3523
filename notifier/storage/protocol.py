"""What a storage does. Nothing here is about HTTP, repositories' rules or SQL.

Digests come as checked strings, ``algorithm:hex``; repositories as checked names; an
upload's id is a UUID. A storage need not check them again.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Protocol, Self
from uuid import UUID


class UploadMissing(Exception):
    """There is no such upload session."""


class UploadBusy(Exception):
    """Another request is writing to this upload session."""


class StorageFull(Exception):
    """There is no room for more bytes. What was there is unharmed."""


class StoredBlob(NamedTuple):
    """A blob that is kept, and when somebody last claimed it, to about an hour."""

    digest: str
    size: int
    claimed_at: datetime


class BlobReader(Protocol):
    """An open blob. It stays readable if the blob is deleted meanwhile."""

    @property
    def size(self) -> int:
        """How many bytes it has."""
        ...

    @property
    def version(self) -> object:
        """What is another one if others have changed its bytes; None if they cannot."""
        ...

    def chunks(self, start: int, length: int) -> Iterator[bytes]:
        """Yield *length* bytes from *start* on, and close."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class UploadWriter(Protocol):
    """An upload session, held by one request at a time."""

    @property
    def size(self) -> int:
        """How many bytes the session has."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def append(self, chunk: bytes) -> None:
        """Add *chunk* at the end. Raises `StorageFull`."""
        ...

    def truncate(self, size: int) -> None:
        """Forget what lies beyond *size*."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Read back all that was written."""
        ...

    def note(self) -> bytes | None:
        """Return what `set_note` kept."""
        ...

    def set_note(self, note: bytes) -> None:
        """Keep a few bytes beside the session, over restarts."""
        ...

    def commit(self, digest: str) -> None:
        """Make the session the blob *digest*, durably, and end the session.

        If the blob is there already, it is replaced: it may have been damaged.
        """
        ...

    def discard(self) -> None:
        """End the session and forget its bytes."""
        ...


class Archives(Protocol):
    """Files that are kept whole, by names of small letters, digits, ``-`` and ``.``."""

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Keep a file: durably when this returns, and not at all if it raises.

        Raises `StorageFull`, and whatever *chunks* raises.
        """
        ...

    def read(self, name: str) -> Iterator[bytes] | None:
        """Return what a file holds, part by part, or None if there is no such file."""
        ...

    def list(self) -> Iterator[str]:
        """Yield the names of all, also of those that were begun and not finished."""
        ...

    def remove(self, name: str) -> None:
        """Forget a file, and what was begun of it."""
        ...


class Storage(Protocol):
    """Blobs by digest, upload sessions by repository and id, and archives by name."""

    @property
    def archives(self) -> Archives:
        """Where files are kept that are no blobs."""
        ...

    def create_upload(self, repository: str, upload: UUID) -> None:
        """Begin an upload session. Raises `StorageFull`."""
        ...

    def open_upload(self, repository: str, upload: UUID) -> UploadWriter:
        """Hold an upload session. Raises `UploadMissing` and `UploadBusy`."""
        ...

    def upload_size(self, repository: str, upload: UUID) -> int:
        """Return how many bytes the session has. Raises `UploadMissing`."""
        ...

    def count_uploads(self, repository: str) -> int:
        """Count the upload sessions of a repository."""
        ...

    def expire_uploads(self, before: datetime, *, dry_run: bool = False) -> int:
        """End the sessions that nobody has written to since *before*; count them."""
        ...

    def open_blob(self, digest: str) -> BlobReader | None:
        """Open a blob for reading, or return None."""
        ...

    def blob_size(self, digest: str) -> int | None:
        """Return a blob's size, or None."""
        ...

    def claim_blob(self, digest: str) -> None:
        """Let a blob, if it is there, not be collected for a while."""
        ...

    def find_blob(self, digest: str) -> StoredBlob | None:
        """Say what is known of a blob, or return None."""
        ...

    def list_blobs(self) -> Iterator[StoredBlob]:
        """Yield all blobs, in no particular order."""
        ...

    def remove_blob(self, digest: str) -> None:
        """Forget a blob. Whoever reads it just now reads on."""
        ...

    def set_blob_aside(self, digest: str) -> None:
        """Serve a blob no more, for it is damaged; its bytes may be kept elsewhere."""
        ...

    def check(self) -> None:
        """Raise `OSError` unless bytes can be written and read just now."""
        ...
