"""Restoration: an archive's events come back to the table, a few at a time."""

from itertools import islice

from notifier.audit.retention import moves
from notifier.audit.retention.archive import Archive
from notifier.audit.retention.files import Files
from notifier.audit.retention.pace import Pace
from notifier.db import Database
from notifier.events.lines import Recorded
from notifier.events.record import Recorder


class Restoration:
    """The restoration of one archive.

    What is there already stays as it is, so each step may be taken again by another
    process, from the beginning.
    """

    def __init__(
        self, database: Database, recorder: Recorder, files: Files, archive: Archive
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._archive = archive
        self._lines = files.lines(archive)
        self._in_hand = list[Recorded]()

    def step(self, pace: Pace) -> bool:
        """Take a step; tell whether there is another."""
        # What could not be put back the last time is not read a second time.
        lines = self._in_hand = self._in_hand or list(islice(self._lines, pace.size))
        with pace.transaction(self._database) as transaction:
            if not moves.keep(transaction, self._archive):
                return False
            if not lines:
                moves.settle(transaction, self._archive)
                return False
            self._recorder.put_back(transaction, lines)
        self._in_hand = []
        return True
