"""The worker command: deliveries, retention and counting, in one process."""

from collections.abc import Sequence
from uuid import UUID

import click

from notifier.audit.retention.worker import make_threads
from notifier.audit.timelines.worker import make_counting
from notifier.cli import declared
from notifier.config import Settings
from notifier.db import Database
from notifier.delivery import worker
from notifier.delivery.periodic import Periodic
from notifier.events.record import Recorder
from notifier.storage import Storage


@click.command("worker")
@click.pass_obj
def command(settings: Settings | None) -> None:
    """Deliver events to endpoints, until Ctrl-C or SIGTERM.

    What is past its time by the rules of `notifier retention` goes into archives, too,
    and pulls are counted.

    \b
    Any number of workers may run beside any number of web servers, on one database:
        NOTIFIER_DATABASE_URL=postgresql+psycopg://… notifier worker
    """
    # A server that runs this has read them.
    settings = settings or declared.read_settings()
    raise SystemExit(worker.run(settings, more=_more))


def _more(
    database: Database, recorder: Recorder, storage: Storage, holder: UUID
) -> Sequence[Periodic]:
    """Make what works for the log, beside the deliveries."""
    return [
        *make_threads(database, recorder, storage, holder),
        make_counting(database, recorder),
    ]
