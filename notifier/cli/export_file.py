"""A file that an export is written to, and gone on with after it was cut off."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import click

from notifier.audit.export import Format

_BLOCK = 64 * 1024


@contextmanager
def open_export(path: Path, format_: Format, *, resume: bool) -> Iterator["ExportFile"]:
    """Open a new file, or one that is to be gone on with, behind its last whole line.

    What is written is on the disk at the end. Raises `OSError`, which names the file.
    """
    try:
        with path.open("r+b") if resume and path.exists() else path.open("x+b") as file:
            last = _find_last(file, format_) if resume else None
            yield ExportFile(file, last)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise click.ClickException(
            f"{path} is there already: go on with it by --resume, or remove it."
        ) from None
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


class ExportFile:
    """The file; *last* is the event of the last line that it has, if there is one."""

    def __init__(self, file: BinaryIO, last: UUID | None) -> None:
        self._file = file
        self.last = last

    def write(self, content: bytes) -> None:
        """Add *content*."""
        self._file.write(content)


def _find_last(file: BinaryIO, format_: Format) -> UUID | None:
    """Cut off what is behind the last whole line; return the event of that line."""
    end, line = _last_line(file)
    try:
        if not line:
            _check_beginning(file, format_)
        last = format_.find_id(line) if line and line != format_.head else None
    except ValueError:
        raise click.ClickException(
            f"What is in {file.name} is none of such an export."
        ) from None
    file.seek(end if last else 0)
    file.truncate()
    return last


def _check_beginning(file: BinaryIO, format_: Format) -> None:
    """Raise a `ValueError` if the file does not begin as such an export does."""
    file.seek(0)
    if not format_.beginning.startswith(file.read(len(format_.beginning))):
        raise ValueError("it is something else")


def _last_line(file: BinaryIO) -> tuple[int, bytes]:
    """Return where the last whole line ends, and the line; b"" if there is none."""
    start, tail = file.seek(0, os.SEEK_END), b""
    # One that is known to be whole begins behind the end of another.
    while start and tail.find(b"\n") == tail.rfind(b"\n"):
        size = min(_BLOCK, start)
        start = file.seek(start - size)
        tail = file.read(size) + tail
    whole = tail[: tail.rfind(b"\n") + 1]
    line = whole[whole.rfind(b"\n", 0, -1) + 1 :]
    return start + len(whole), line
