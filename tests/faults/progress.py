"""What is shown meanwhile: a bar for people, plain lines otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

_PLAIN_LINES = 4


class Watch:
    """One trial as it is watched. Threads may share it."""

    def __init__(self, progress: Progress, name: str, pushes: int) -> None:
        self._progress = progress
        self._name = name
        self._pushes = pushes
        self._bar = progress.add_task(name, total=pushes)

    def pushed(self) -> None:
        """Note that one more image was pushed."""
        self._progress.advance(self._bar)
        done = int(self._progress.tasks[self._bar].completed)
        if self._progress.disable and done % max(self._pushes // _PLAIN_LINES, 1) == 0:
            self.tell(f"{done:,} of {self._pushes:,} pushed")

    def tell(self, what: str) -> None:
        """Print a line."""
        self._progress.console.print(f"{self._name}: {what}", highlight=False)


@contextmanager
def watching(name: str, pushes: int) -> Iterator[Watch]:
    """Show how far a trial is, on standard error."""
    console = Console(stderr=True, soft_wrap=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(
        *columns, Elapsed(), console=console, disable=not console.is_terminal
    ) as progress:
        yield Watch(progress, name, pushes)
