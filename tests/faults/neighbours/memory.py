"""How much memory the processes of a server take while it works."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

_EVERY_S = 1.0
_KIB = 1024
# By then all connections are open and caches filled, and what grows on is a leak.
_EARLY, _LATE = (0.15, 0.25), (0.9, 1.0)
_GROWTH_SHARE: Final = 0.2
_GROWTH_MB: Final = 20.0

Sample = Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Megabytes of one process, or of all: at a fifth of the time, and at the end."""

    early_mb: float
    late_mb: float

    @property
    def is_flat(self) -> bool:
        """Tell whether it grew no more than may be chance."""
        return self.late_mb <= self.early_mb * (1 + _GROWTH_SHARE) + _GROWTH_MB


class Memory:
    """Samples of what each process has for itself, or shares after a fork.

    Pages of files are left out: they are the system's to take back.
    """

    def __init__(self, list_pids: Callable[[], Iterable[int]]) -> None:
        self.samples: list[Sample] = []
        self._list_pids = list_pids
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(_EVERY_S):
            sample = {}
            for pid in self._list_pids():
                # It may have ended.
                with suppress(OSError):
                    sample[pid] = _anonymous_mb(pid)
            self.samples.append(sample)


@contextmanager
def watching(list_pids: Callable[[], Iterable[int]]) -> Iterator[Memory]:
    """Take a sample of those processes each second."""
    memory = Memory(list_pids)
    memory.start()
    try:
        yield memory
    finally:
        memory.stop()


def growth_of_all(samples: Sequence[Sample]) -> Growth:
    """Return how much all processes together have grown."""
    return _growth([sum(sample.values()) for sample in samples])


def growth_by_process(samples: Sequence[Sample]) -> Mapping[int, Growth]:
    """Return how much each process has grown that was there all the time."""
    if not samples:
        return {}
    always = set.intersection(*(set(sample) for sample in samples))
    return {pid: _growth([sample[pid] for sample in samples]) for pid in always}


def _growth(series: Sequence[float]) -> Growth:
    return Growth(early_mb=_middle(series, *_EARLY), late_mb=_middle(series, *_LATE))


def _middle(series: Sequence[float], low: float, high: float) -> float:
    first, last = int(len(series) * low), int(len(series) * high)
    return median(series[first : max(last, first + 1)] or [0.0])


def _anonymous_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * _KIB / 1e6
    # A process that has just ended has none.
    return 0.0
