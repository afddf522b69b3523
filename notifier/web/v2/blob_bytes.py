"""The bytes of a blob: none are sent of one that is known to be damaged."""

from collections.abc import Iterable, Iterator
from typing import Final

import structlog

from notifier.registry.digest import Digest
from notifier.registry.errors import BlobUnknown
from notifier.registry.soundness import BlobDamaged
from notifier.storage import BlobReader
from notifier.web.services import Services

# Below this a blob is read at once: a stream costs more than it saves.
_SMALL: Final = 256 * 1024

_log = structlog.get_logger(__name__)


def open_bytes(
    own: Services, digest: Digest, size: int, start: int, length: int
) -> tuple[BlobReader, Iterable[bytes]]:
    """Open a blob and return what is to be sent of it; raise `BlobDamaged`.

    A blob that may be damaged is read to its end before any part of it is sent; if all
    of it is to be sent, and it is large, before the last part is.
    """
    reader = _open(own, digest, size)
    try:
        if not own.soundness.is_known(digest, reader):
            if length == size > _SMALL:
                return reader, _Stream(reader, own.soundness.read(digest, reader))
            for _ in own.soundness.read(digest, reader):
                pass
            reader = _open(own, digest, size)
        chunks = reader.chunks(start, length)
        if length <= _SMALL:
            return reader, (b"".join(chunks),)
        return reader, _Stream(reader, chunks)
    except BaseException:
        reader.close()
        raise


def open_nothing(
    own: Services, digest: Digest, size: int
) -> tuple[BlobReader, Iterable[bytes]]:
    """Look at a blob of which nothing is to be sent.

    Raises `BlobUnknown` for what is known to be damaged: so it is pushed again.
    """
    try:
        reader = _open(own, digest, size)
        reader.close()
        own.soundness.is_known(digest, reader)
    except BlobDamaged as error:
        _log.error("blob_damaged", error=str(error))
        raise BlobUnknown({"digest": digest}) from None
    return reader, ()


def _open(own: Services, digest: Digest, size: int) -> BlobReader:
    reader = own.storage.open_blob(digest)
    if reader is None:
        raise BlobDamaged(f"the storage has lost {digest}")
    if reader.size != size:
        reader.close()
        raise BlobDamaged(f"the storage has {reader.size} bytes of {size} of {digest}")
    return reader


class _Stream:
    """A large body. A client may go away before the first byte: it closes even so."""

    def __init__(self, reader: BlobReader, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.close = reader.close

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._chunks
        except (BlobDamaged, OSError) as error:
            # A body that is shorter than it says is no whole one.
            _log.error("blob_damaged", error=str(error))
