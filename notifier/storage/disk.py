"""What files of a storage have in common: a full disk is told, a folder is synced."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from notifier.storage.protocol import StorageFull

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def fsync_folder(path: str) -> None:
    """Have what was renamed into a folder, or made in it, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def full_is_told() -> Iterator[None]:
    """Raise `StorageFull` where the system says so."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(str(error)) from error
        raise
