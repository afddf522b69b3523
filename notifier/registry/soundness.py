"""Soundness: whether the bytes of a blob are still those that its digest names.

They are hashed on their way to a client, once for each file as it is: what was found to
be right, and was not written to since, is not hashed again. So a process that has sent
a blob once sends it as fast as the disk can; it is for an inspection to find what goes
bad on a disk without a trace.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from notifier.registry.digest import Digest, Hasher
from notifier.storage import BlobReader

_MOST: Final = 100_000


class BlobDamaged(Exception):
    """The storage has lost a blob, or has other bytes than those of its digest."""


class Soundness:
    """Remembers of which blobs all bytes were read, and what came of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[str, tuple[object, bool]] = OrderedDict()

    def is_known(self, digest: Digest, reader: BlobReader) -> bool:
        """Tell whether a blob was found to be sound; raise `BlobDamaged` if not."""
        if reader.version is None:
            return True
        version, is_sound = self._found.get(digest, (None, False))
        if version != reader.version:
            return False
        if not is_sound:
            raise BlobDamaged(digest)
        return True

    def read(self, digest: Digest, reader: BlobReader) -> Iterator[bytes]:
        """Yield all bytes of a blob, the last of them only if all of them are right.

        Raises `BlobDamaged`.
        """
        hasher, held = Hasher(digest.algorithm), b""
        for chunk in reader.chunks(0, reader.size):
            hasher.update(chunk)
            if held:
                yield held
            held = chunk
        self._note(digest, reader.version, is_sound=hasher.digest() == digest)
        self.is_known(digest, reader)
        yield held

    def _note(self, digest: Digest, version: object, *, is_sound: bool) -> None:
        with self._lock:
            self._found[digest] = version, is_sound
            self._found.move_to_end(digest)
            if len(self._found) > _MOST:
                self._found.popitem(last=False)
