"""The standings of now: thrown away when anything about access has changed."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from notifier.access.bearers import Bearer
from notifier.access.caller import Caller
from notifier.access.recent import Recent
from notifier.access.standings import Standings
from notifier.access.state import get_version
from notifier.db import Database, DatabaseUnavailable

LOOK_EVERY_S: Final = 1.0

_MAX_BEARERS = 4096


@dataclass(slots=True)
class View:
    """The standings of one time, and what was made of them.

    *bearers* are those who came with a token, by its text.
    """

    standings: Standings
    anonymous: Caller | None = None
    bearers: Recent[str, Bearer] = field(default_factory=lambda: Recent(_MAX_BEARERS))


class Latest:
    """Looks once a second, if asked, whether there was a change. Threads may share it.

    *outside* returns what is another object whenever something has changed that is not
    in the database.
    """

    def __init__(
        self,
        database: Database,
        words: Collection[str],
        outside: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._words = words
        self._outside = outside
        self._clock = clock
        self._look_at = clock()
        self._seen: tuple[object, object] | None = None
        self._view = self._new_view()

    def view(self) -> View:
        """Return the view of now; that of before, as long as the database is away.

        Whoever has got one before fills that one: what they read before a change is
        never taken for what there is after it. Raises `DatabaseUnavailable` if there
        was none before.
        """
        now = self._clock()
        if now >= self._look_at:
            self._look(now)
        return self._view

    def look_again(self) -> None:
        """Look for changes when asked next: this process has made one."""
        self._look_at = self._clock()

    def _look(self, now: float) -> None:
        try:
            with self._database.read() as connection:
                seen = get_version(connection), self._outside()
        except DatabaseUnavailable:
            if self._seen is None:
                raise
            # What was so a moment ago holds, for nothing can be changed either.
            seen = self._seen
        if seen != self._seen:
            self._view = self._new_view()
            self._seen = seen
        self._look_at = now + LOOK_EVERY_S

    def _new_view(self) -> View:
        return View(Standings(self._database, self._words))
