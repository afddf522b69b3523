"""Selections: what of all repositories somebody wants to see, and may see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notifier.audit.timelines.usage import Usage
from notifier.globs import matches
from notifier.registry.repositories import EVERYTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is in repositories that some of *globs* match, and that *sees*.

    With *unused_since_ns*, only what nobody has pulled or pushed since that time.
    """

    globs: Sequence[str] = EVERYTHING
    sees: Callable[[str], bool] = lambda _: True
    unused_since_ns: int | None = None

    def includes(self, repository: str) -> bool:
        """Tell whether what is in a repository may be wanted."""
        return self.sees(repository) and any(
            matches(glob, repository) for glob in self.globs
        )

    def is_used(self, usage: Usage) -> bool:
        """Tell whether something was used too lately to be wanted."""
        return self.was_used(usage.last_pulled_ns, usage.pushed_ns)

    def was_used(self, *times_ns: int | None) -> bool:
        """Tell whether any of these times is too late."""
        since_ns = self.unused_since_ns
        if since_ns is None:
            return False
        return any(at_ns is not None and at_ns >= since_ns for at_ns in times_ns)
