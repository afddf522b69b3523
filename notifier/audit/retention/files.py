"""The files of archives: events as lines, compressed, and a manifest beside them.

<id>.ndjson.gz   one event a line, the oldest first, as `events.lines` writes it
<id>.json        what the archive is: for whoever has the files alone
"""

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from notifier.audit.retention.archive import Archive, ArchiveState
from notifier.audit.retention.errors import ArchiveDamaged
from notifier.events.lines import (
    Recorded,
    find_id,
    parse_recorded,
    render_recorded,
)
from notifier.storage import Archives

# Files of a few megabytes, or of a few of this if what strangers can make large is.
_MAX_EVENTS: Final = 50_000
_MAX_BYTES: Final = 128 * 1024 * 1024

# Higher levels take several times as long, and a tenth less room.
_LEVEL: Final = 6
_GZIP: Final = zlib.MAX_WBITS | 16


class Files:
    """Writes and reads them."""

    def __init__(self, archives: Archives) -> None:
        self._archives = archives

    def write(self, id_: UUID, parts: Iterable[Sequence[Recorded]]) -> Archive:
        """Keep the events of *parts* in a new file, as many as it may have.

        There has to be one, at least. Raises `StorageFull`, and what *parts* raises.
        """
        writing = _Writing()
        self._archives.put(_name(id_), writing.chunks(parts))
        archive = writing.archive(id_)
        self._archives.put(_manifest_name(id_), [_manifest(archive)])
        return archive

    def lines(self, archive: Archive) -> Iterator[Recorded]:
        """Return what an archive has, when it is certain that it is as it was written.

        Raises `ArchiveDamaged`.
        """
        return map(parse_recorded, self._lines(archive))

    def ids(self, archive: Archive) -> list[UUID]:
        """Return the ids of its events, in the same manner."""
        return list(map(find_id, self._lines(archive)))

    def check(self, archive: Archive) -> None:
        """Raise `ArchiveDamaged` if its file is not as it was written."""
        self._read(archive)

    def remove(self, id_: UUID) -> None:
        """Remove a file and its manifest."""
        self._archives.remove(_manifest_name(id_))
        self._archives.remove(_name(id_))

    def list(self) -> set[str]:
        """List the names of all files, also of those that are being written."""
        return set(self._archives.list())

    def _lines(self, archive: Archive) -> Iterator[bytes]:
        return _unpacked(self._read(archive))

    def _read(self, archive: Archive) -> Sequence[bytes]:
        """Read a file, once: what was checked is what is used."""
        chunks = self._archives.read(_name(archive.id))
        if chunks is None:
            raise ArchiveDamaged(f"there is no file {_name(archive.id)}")
        read, size, hasher = list[bytes](), 0, hashlib.sha256()
        for chunk in chunks:
            size += len(chunk)
            if size > archive.size:
                break
            read.append(chunk)
            hasher.update(chunk)
        if (size, hasher.digest()) != (archive.size, archive.sha256):
            raise ArchiveDamaged(f"the file {_name(archive.id)} is damaged")
        return read


class _Writing:
    """What is known of a file while it is written."""

    def __init__(self) -> None:
        self._hasher = hashlib.sha256()
        self._counts: Counter[str] = Counter()
        self._ids: list[UUID] = []
        self._size = 0

    def chunks(self, parts: Iterable[Sequence[Recorded]]) -> Iterator[bytes]:
        """Yield the file, part by part."""
        compressor, length = zlib.compressobj(_LEVEL, wbits=_GZIP), 0
        for part in parts:
            lines = b"".join(map(render_recorded, part))
            self._note(part)
            yield self._counted(compressor.compress(lines))
            length += len(lines)
            if self._counts.total() >= _MAX_EVENTS or length >= _MAX_BYTES:
                break
        yield self._counted(compressor.flush())

    def archive(self, id_: UUID) -> Archive:
        """Return what was written."""
        now = datetime.now(UTC)
        return Archive(
            id=id_,
            state=ArchiveState.LEAVING,
            events=self._counts.total(),
            counts=dict(self._counts),
            first_id=self._ids[0],
            last_id=self._ids[-1],
            size=self._size,
            sha256=self._hasher.digest(),
            created_at=now,
            updated_at=now,
            error=None,
        )

    def _note(self, part: Sequence[Recorded]) -> None:
        self._counts.update(line.event.action.value for line in part)
        self._ids = [*self._ids[:1], part[0].event.id, part[-1].event.id]

    def _counted(self, chunk: bytes) -> bytes:
        self._hasher.update(chunk)
        self._size += len(chunk)
        return chunk


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    decompressor, rest = zlib.decompressobj(_GZIP), b""
    for chunk in chunks:
        *lines, rest = (rest + decompressor.decompress(chunk)).split(b"\n")
        yield from lines


def names_of(id_: UUID) -> set[str]:
    """Return the names of an archive's files."""
    return {_name(id_), _manifest_name(id_)}


def _name(id_: UUID) -> str:
    return f"{id_}.ndjson.gz"


def _manifest_name(id_: UUID) -> str:
    return f"{id_}.json"


def _manifest(archive: Archive) -> bytes:
    manifest: dict[str, Any] = {
        "id": archive.id,
        "file": _name(archive.id),
        "format": "ndjson",
        "compression": "gzip",
        "events": archive.events,
        "counts": archive.counts,
        "first_id": archive.first_id,
        "last_id": archive.last_id,
        "since": archive.since,
        "until": archive.until,
        "size": archive.size,
        "sha256": archive.sha256.hex(),
        "created_at": archive.created_at,
    }
    return orjson.dumps(
        manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )
