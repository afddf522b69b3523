"""The processes of one server, and which of them does what."""

from collections.abc import Callable
from pathlib import Path

from tests.cli.running import Program
from tests.receiver import wait_until

_START_S = 15.0


class Family:
    """What the supervisor has started, and it.

    What is looked for may be just starting: whoever asks waits for it.
    """

    def __init__(self, program: Program) -> None:
        self._program = program

    @property
    def supervisor(self) -> int:
        """Return the process that has started all others."""
        return self._program.process.pid

    def redis(self) -> int:
        """Return the process of the embedded Redis."""
        return _some(self._redis)[0]

    def web(self) -> list[int]:
        """List the processes that answer requests, and those that stand beside them."""
        return _some(self._web)

    def worker(self) -> int:
        """Return the process that delivers."""
        return _some(self._workers)[0]

    def pids(self) -> list[int]:
        """List all that live."""
        return list(self._program.pids())

    def _redis(self) -> list[int]:
        lines = self._program.pids().items()
        return [pid for pid, line in lines if "redis-server" in line]

    def _web(self) -> list[int]:
        return [pid for pid in self._children() if len(self._ancestors(pid)) > 1]

    def _workers(self) -> list[int]:
        """List what the supervisor has started and what starts nothing itself."""
        children = self._children()
        parents = {_parent(pid) for pid in children}
        redis = set(self._redis())
        return [
            pid
            for pid in children
            if len(self._ancestors(pid)) == 1 and pid not in parents | redis
        ]

    def _children(self) -> list[int]:
        return [pid for pid in self._program.pids() if self._ancestors(pid)]

    def _ancestors(self, pid: int) -> list[int]:
        """List the ancestors of a process, up to the supervisor."""
        found: list[int] = []
        while pid > 1:
            pid = _parent(pid)
            found.append(pid)
            if pid == self.supervisor:
                return found
        return []


def _some(find: Callable[[], list[int]]) -> list[int]:
    """Wait until *find* finds something, and return that."""
    found: list[int] = []

    def look() -> bool:
        found[:] = find()
        return bool(found)

    wait_until(look, _START_S)
    return found


def _parent(pid: int) -> int:
    """Return a process's parent; 0 if there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    # The name, in parentheses, may hold anything.
    return int(stat.rpartition(")")[2].split()[1])
