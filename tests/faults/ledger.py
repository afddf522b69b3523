"""The ledger: what the server has acknowledged."""

import threading
from dataclasses import dataclass
from typing import NamedTuple


class Change(NamedTuple):
    """What an event must say of an acknowledged request."""

    action: str
    repository: str
    digest: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An acknowledged request, by the id that its answer named."""

    request_id: str
    change: Change


class Ledger:
    """Notes entries. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self.slowest_s = 0.0

    def note(self, request_id: str, change: Change) -> None:
        """Note what was acknowledged."""
        with self._lock:
            self._entries.append(Entry(request_id, change))

    def note_time(self, seconds: float) -> None:
        """Note how long a request took, whatever came of it."""
        with self._lock:
            self.slowest_s = max(self.slowest_s, seconds)

    def entries(self) -> list[Entry]:
        """Return what was noted so far."""
        with self._lock:
            return list(self._entries)
