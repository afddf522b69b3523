"""Senders: who may bring events to which source."""

import time
from collections.abc import Callable, Iterable
from typing import Final

from notifier.db import Database
from notifier.ingest import sources
from notifier.ingest.source import IngestSource
from notifier.ingest.source_fields import is_name
from notifier.ingest.token import NO_DIGEST, is_among

LOOK_EVERY_S: Final = 1.0


class Senders:
    """Knows the sources that are in use, for a second. Threads may share it."""

    def __init__(
        self, database: Database, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[str, tuple[IngestSource, bytes]] = {}
        self._look_at = clock()

    def admit(self, name: str, tokens: Iterable[str]) -> IngestSource | None:
        """Return the source of that name if one of *tokens* is its own, else None.

        Raises `DatabaseUnavailable`.
        """
        now = self._clock()
        if now >= self._look_at:
            self._known, self._look_at = {}, now + LOOK_EVERY_S
        # What is read before a change stays with what was known before it.
        known = self._known
        found = known.get(name)
        if found is None and is_name(name):
            with self._database.read() as connection:
                found = sources.find_with_digest(connection, name)
            if found is not None:
                known[name] = found
        # It takes as long to be refused whether there is such a source or not.
        is_own = is_among(NO_DIGEST if found is None else found[1], tokens)
        return found[0] if found is not None and is_own else None

    def look_again(self) -> None:
        """Look for changes when asked next: this process has made one."""
        self._look_at = self._clock()
