"""Retention in a worker: a thread that goes on with what there is to do."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from notifier.audit.retention.errors import StorageVolatile
from notifier.audit.retention.runner import Runner
from notifier.db import Database
from notifier.delivery.periodic import Periodic
from notifier.events.record import Recorder
from notifier.storage import MemoryStorage, Storage

_EVERY_S: Final = 1.0


def make_threads(
    database: Database, recorder: Recorder, storage: Storage, holder: UUID
) -> Sequence[Periodic]:
    """Make the thread, unless archives would be gone with this process."""
    if isinstance(storage, MemoryStorage):
        return ()
    runner = Runner(database, recorder, storage.archives, holder)
    return [
        Periodic(
            "archive",
            _EVERY_S,
            runner.work,
            stopping=runner.stopping,
            finish=runner.release,
        )
    ]


def require_lasting(storage: Storage) -> None:
    """Raise `StorageVolatile` if nothing that is kept there outlives the process."""
    if isinstance(storage, MemoryStorage):
        raise StorageVolatile
