"""Counting in a worker: a thread that adds up what was recorded."""

from typing import Final

from notifier.audit.timelines.counting import Counting
from notifier.db import Database
from notifier.delivery.periodic import Periodic
from notifier.events.record import Recorder

_EVERY_S: Final = 2.0


def make_counting(database: Database, recorder: Recorder) -> Periodic:
    """Make the thread."""
    counting = Counting(database, recorder)
    return Periodic("counting", _EVERY_S, counting.work, stopping=counting.stopping)
