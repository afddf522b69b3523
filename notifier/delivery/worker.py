"""The worker process: takes nudges, sweeps, and drains endpoints."""

import threading
from uuid import uuid4

from notifier import logs
from notifier.config import Settings
from notifier.db import Database
from notifier.delivery.bodies import Bodies
from notifier.delivery.drain import Office
from notifier.delivery.drains import Drains
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.queue import redis_url, run_rq_worker
from notifier.delivery.secrets import SecretBox
from notifier.delivery.sweep import sweep_until
from notifier.events.record import Recorder
from notifier.metrics import Metrics


def run(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT; return the exit code.

    Attempts in flight are finished then, or given up after ten seconds. Must be called
    in the main thread. Raises `ConfigError`.
    """
    logs.configure(settings.log_format)
    database = Database(settings.database)
    office = Office(
        database=database,
        bodies=Bodies(Recorder()),
        endpoints=EndpointStore(SecretBox.open(settings), settings.max_endpoints),
        metrics=Metrics(settings.data_dir / "metrics"),
        holder=uuid4(),
    )
    drains = Drains(office)
    stopping = threading.Event()
    sweeper = threading.Thread(
        target=sweep_until, args=(stopping, database, drains.start), name="sweep"
    )
    sweeper.start()
    run_rq_worker(redis_url(settings), drains.start)
    stopping.set()
    sweeper.join()
    drains.stop()
    database.close()
    return 0
