"""The worker command: deliveries, and the log's retention, in one process."""

import click

from notifier.audit.retention.worker import make_threads
from notifier.cli import declared
from notifier.config import Settings
from notifier.delivery import worker


@click.command("worker")
@click.pass_obj
def command(settings: Settings | None) -> None:
    """Deliver events to endpoints, until Ctrl-C or SIGTERM.

    What is past its time by the rules of `notifier retention` goes into archives, too.

    \b
    Any number of workers may run beside any number of web servers, on one database:
        NOTIFIER_DATABASE_URL=postgresql+psycopg://… notifier worker
    """
    # A server that runs this has read them.
    settings = settings or declared.read_settings()
    raise SystemExit(worker.run(settings, more=make_threads))
