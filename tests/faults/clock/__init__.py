"""A clock that a test can set, for the processes that it starts.

A library that is loaded before all others answers in the kernel's place what time it
is, so that Python, SQLite, Redis and the web server all have the same wrong clock.
Clocks that only go forwards, by which waiting is measured, stay as they are.
"""

import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SOURCE = Path(__file__).with_name("clock.c")
_OFFSET = "clock"
_LIBRARY = "clock.so"


class ClockMissing(Exception):
    """The library cannot be made here. The message says why."""


def make_clock(folder: Path) -> Mapping[str, str]:
    """Make a clock, which is right as yet; return what its processes need to know.

    Raises `ClockMissing`.
    """
    compiler, library = shutil.which("cc"), folder / _LIBRARY
    if compiler is None:
        raise ClockMissing("no C compiler")
    command = [compiler, "-shared", "-fPIC", "-o", str(library), str(_SOURCE), "-ldl"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise ClockMissing(made.stderr)
    offset = folder / _OFFSET
    offset.write_bytes(_packed(0))
    return {"LD_PRELOAD": str(library), "FAULTS_CLOCK": str(offset)}


def set_clock(folder: Path, seconds: int) -> None:
    """Set the clock to so many seconds from the right time, at once."""
    # Written over, not anew: processes have it in their memory.
    with (folder / _OFFSET).open("r+b") as file:
        file.write(_packed(seconds))


def _packed(seconds: int) -> bytes:
    return struct.pack("=q", seconds)
