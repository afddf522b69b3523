"""No process outlives the one that started it, whatever kills that one."""

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_LOOK_EVERY_S = 0.5

# Found before any fork: a child may not be able to load anything.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with(parent: int) -> None:
    """Have Linux kill this process when its *parent* dies, as it may have already.

    This lasts through an exec. Other systems offer nothing like it.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def follow(parent: int) -> None:
    """End this process when its *parent* does, on any system.

    It ends at once, as if killed too: what was answered for is in the database.
    """
    die_with(parent)
    threading.Thread(
        target=_watch, args=(parent,), name="parentage", daemon=True
    ).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    os._exit(1)
