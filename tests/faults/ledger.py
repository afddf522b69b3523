"""The ledger: what the server has acknowledged, and what it has refused."""

import threading
from collections import Counter
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
    """An acknowledged request, by the id that its answer named, and its changes."""

    request_id: str
    changes: tuple[Change, ...]


class Ledger:
    """Notes entries. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._refusals: Counter[int] = Counter()
        self.slowest_s = 0.0

    def note(self, request_id: str, *changes: Change) -> None:
        """Note what was acknowledged."""
        with self._lock:
            self._entries.append(Entry(request_id, changes))

    def note_refusal(self, status: int) -> None:
        """Note that a request was refused for now."""
        with self._lock:
            self._refusals[status] += 1

    def note_time(self, seconds: float) -> None:
        """Note how long a request took, whatever came of it."""
        with self._lock:
            self.slowest_s = max(self.slowest_s, seconds)

    def entries(self) -> list[Entry]:
        """Return what was noted so far."""
        with self._lock:
            return list(self._entries)

    def refusals(self) -> dict[int, int]:
        """Count what was refused for now, by status."""
        with self._lock:
            return dict(self._refusals)
