"""A parcel: what one request brings, on its way into the database."""

import threading
from collections.abc import Sequence
from uuid import UUID

from notifier.db import Bound
from notifier.ingest.dialects.dialect import Incoming
from notifier.ingest.rejects import Refusal


class Parcel:
    """The events of a request that could be read, and those that could not.

    *rows* are drafts of what the events are in the log.
    """

    rows: Sequence[Bound | None] = ()

    def __init__(
        self, source_id: UUID, events: Sequence[Incoming], refusals: Sequence[Refusal]
    ) -> None:
        self.source_id = source_id
        self.events = events
        self.refusals = refusals
        self._recorded = 0
        self._error: Exception | None = None
        self._is_open = threading.Lock()
        self._is_open.acquire()

    def settle(self, recorded: int, error: Exception | None = None) -> None:
        """Let go of whoever waits: so many events are new in the log, or none is."""
        self._recorded = recorded
        self._error = error
        self._is_open.release()

    def wait(self) -> int:
        """Return how many events are new in the log, once they are committed.

        Raises what keeps them from that.
        """
        self._is_open.acquire()
        if self._error is not None:
            raise self._error
        return self._recorded
