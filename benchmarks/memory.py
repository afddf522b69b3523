"""How much memory a program takes, all of its processes together, while it is watched.

What several of them share counts once (PSS, of ``/proc``).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from benchmarks.processes import Program

# A look at a dozen processes takes some milliseconds of a CPU.
_EVERY_S: Final = 0.5


class Memory:
    """What was seen so far."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.peak_mb = 0.0

    def look(self) -> None:
        """Look now."""
        self.peak_mb = max(self.peak_mb, self._program.memory_mb())


@contextmanager
def watching(program: Program) -> Iterator[Memory]:
    """Look at its memory every half a second, at the beginning and at the end."""
    memory, ended = Memory(program), threading.Event()

    def watch() -> None:
        memory.look()
        while not ended.wait(_EVERY_S):
            memory.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        ended.set()
        thread.join()
    memory.look()
