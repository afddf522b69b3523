"""A file that is read again whenever it has changed."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

import structlog

T = TypeVar("T")

MAX_BYTES: Final = 4 * 1024 * 1024

_log = structlog.get_logger(__name__)


class WatchedFile(Generic[T]):
    """What *parse* makes of a file's content. Threads may share it.

    A file that cannot be read, or that *parse* raises `ValueError` for, is as good as
    an empty one: whoever takes a file of credentials away wants nobody let in by it.
    """

    def __init__(self, path: Path, parse: Callable[[bytes], T]) -> None:
        self.path = path
        self._parse = parse
        self._lock = threading.Lock()
        self._read: tuple[object, T] | None = None

    def check(self) -> T:
        """Read the file now; raise `OSError` or `ValueError`."""
        return self._parse(_content(self.path))

    def value(self) -> T:
        """Return what the file says now."""
        mark = self._mark()
        known = self._read
        if known is not None and known[0] == mark:
            return known[1]
        with self._lock:
            if self._read is None or self._read[0] != mark:
                # The mark is of before: what changes meanwhile is read again.
                self._read = mark, self._value()
            return self._read[1]

    def _mark(self) -> object:
        try:
            found = self.path.stat()
        except OSError as error:
            return error.errno
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _value(self) -> T:
        try:
            return self.check()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            _log.warning("file_unreadable", path=str(self.path), error=reason)
            return self._parse(b"")


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"has more than {MAX_BYTES} bytes")
    return content
