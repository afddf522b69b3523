"""The worker process: takes nudges, sweeps, and drains endpoints.

It also goes on with redeliveries of many and with replays, forgets old deliveries,
tokens and what streams cannot go back to any more, and removes upload sessions that
nobody has gone on with.
"""

import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from notifier import logs
from notifier.access.expiry import forget_expired
from notifier.config import Settings
from notifier.db import Database
from notifier.delivery.bodies import Bodies
from notifier.delivery.drains import Drains
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.nudger import Nudger
from notifier.delivery.office import Office
from notifier.delivery.outbox import Outbox
from notifier.delivery.periodic import Periodic
from notifier.delivery.queue import JobQueue, redis_url, run_rq_worker
from notifier.delivery.reach import Reach
from notifier.delivery.repair.repairer import Repairer
from notifier.delivery.retention import Retention
from notifier.delivery.sweep import Sweep
from notifier.delivery.ways import Ways
from notifier.events.announce import Announcer
from notifier.events.counter import EventCounter
from notifier.events.event import Source
from notifier.events.feed import Forgetting
from notifier.events.record import Recorder
from notifier.metrics import Metrics
from notifier.secrets import SecretBox
from notifier.storage import Storage, open_storage

_SWEEP_S = 1.0
_REPAIR_S = 0.25
_RETENTION_S = 1.0
_EXPIRY_S = 3600.0
_FEED_S = 10.0


# Makes more that a worker does again and again, in its database and storage, under the
# name that it has on what it holds.
More = Callable[[Database, Recorder, Storage, UUID], Sequence[Periodic]]


def run(settings: Settings, more: More = lambda *_: ()) -> int:
    """Work until SIGTERM or SIGINT, at *more* than deliveries; return the exit code.

    Attempts in flight are finished then, or given up after ten seconds. Must be called
    in the main thread. Raises `ConfigError`.
    """
    logs.configure(settings.log_format)
    database = Database(settings.database)
    recorder, holder = Recorder(), uuid4()
    metrics = Metrics(settings.data_dir / "metrics")
    endpoints = EndpointStore(
        SecretBox.open(settings), settings.max_endpoints, Reach.of(settings)
    )
    nudger = Nudger(JobQueue(redis_url(settings)))
    # Signals hold their receivers weakly: this name keeps them.
    receivers = (Outbox(endpoints, nudger), EventCounter(metrics))
    for receiver in receivers:
        receiver.connect(database)
    office = Office(
        database=database,
        bodies=Bodies(recorder),
        ways=Ways(),
        endpoints=endpoints,
        announcer=Announcer(database, recorder),
        metrics=metrics,
        source=Source(addr=socket.gethostname(), instance_id=holder),
        holder=holder,
    )
    storage = open_storage(settings.storage)
    expiry = timedelta(hours=settings.upload_expiry_h)
    forgetting = Forgetting(database, timedelta(hours=settings.stream_history_h))
    drains = Drains(office)
    repairer = Repairer(database, office.endpoints, recorder, office.holder)
    threads = [
        *_keeping(settings, database),
        Periodic("sweep", _SWEEP_S, Sweep(database, drains.start).work),
        Periodic("repair", _REPAIR_S, repairer.work),
        Periodic(
            "expiry",
            _EXPIRY_S,
            lambda: storage.expire_uploads(datetime.now(UTC) - expiry),
        ),
        Periodic(
            "tokens",
            _EXPIRY_S,
            lambda: forget_expired(database, datetime.now(UTC)),
        ),
        Periodic("feed", _FEED_S, forgetting.work),
        *more(database, recorder, storage, holder),
    ]
    for thread in threads:
        thread.start()
    run_rq_worker(redis_url(settings), drains.start)
    had_gone_on = [thread.stop() for thread in threads]
    drains.stop()
    nudger.close()
    database.close()
    return 0 if all(had_gone_on) else 1


def _keeping(settings: Settings, database: Database) -> list[Periodic]:
    """Make what forgets old deliveries, unless all are to be kept."""
    if not settings.delivery_retention_d:
        return []
    retention = Retention(database, timedelta(days=settings.delivery_retention_d))
    return [Periodic("retention", _RETENTION_S, retention.work)]
