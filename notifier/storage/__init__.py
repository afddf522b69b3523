"""Where blob bytes live, upload sessions until they are blobs, and archives.

``protocol`` says what a storage does; ``filesystem`` and ``memory`` do it.
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from notifier.storage.filesystem import FilesystemStorage
from notifier.storage.memory import MemoryStorage
from notifier.storage.protocol import (
    Archives,
    BlobReader,
    Storage,
    StorageFull,
    StoredBlob,
    UploadBusy,
    UploadMissing,
    UploadWriter,
)

__all__ = [
    "Archives",
    "BlobReader",
    "FilesystemStorage",
    "MemoryStorage",
    "Storage",
    "StorageFull",
    "StoredBlob",
    "UploadBusy",
    "UploadMissing",
    "UploadWriter",
    "open_storage",
]


def open_storage(url: str) -> Storage:
    """Open the storage that *url* names: ``file:///some/folder`` or ``memory://``."""
    parts = urlsplit(url)
    if parts.scheme == "memory":
        return MemoryStorage()
    return FilesystemStorage(Path(unquote(parts.netloc + parts.path)))
