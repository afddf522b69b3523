"""When API tokens were used: written down once a minute, and not at each use."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import structlog

from notifier.access import api_tokens
from notifier.access.recent import Recent
from notifier.db import Database, DatabaseUnavailable

_MAX_TOKENS = 10_000

_log = structlog.get_logger(__name__)


class Uses:
    """Writes uses down. Threads may share it."""

    def __init__(
        self, database: Database, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._clock = clock
        self._written_at: Recent[UUID, float] = Recent(_MAX_TOKENS)

    def note(self, id_: UUID) -> None:
        """Write down that a token was used, unless that was done within a minute.

        A database that cannot be written to is no reason to refuse somebody.
        """
        now, before = self._clock(), self._written_at.get(id_)
        if before is not None and now - before < api_tokens.USE_EVERY.total_seconds():
            return
        # Before it is written, so that of many requests at once one writes.
        self._written_at.put(id_, now)
        try:
            with self._database.transaction() as transaction:
                api_tokens.note_use(transaction, id_, datetime.now(UTC))
        except DatabaseUnavailable as error:
            _log.warning("token_use_lost", token=str(id_), error=str(error))
