"""A worker that does nothing but repairs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from notifier.config import Settings
from notifier.db import Database
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.reach import Reach
from notifier.delivery.repair.repairer import Repairer
from notifier.events.record import Recorder
from notifier.secrets import SecretBox


@contextmanager
def repairing(settings: Settings) -> Iterator[None]:
    """Go on with repairs in a thread."""
    stopping = threading.Event()
    database = Database(settings.database)
    endpoints = EndpointStore(
        SecretBox.open(settings), settings.max_endpoints, Reach.of(settings)
    )
    repairer = Repairer(database, endpoints, Recorder(), uuid4())

    def run() -> None:
        while not stopping.wait(0.05):
            repairer.work()
        database.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
