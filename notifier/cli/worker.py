"""The worker command: deliveries, in one process."""

import click

from notifier.cli import declared
from notifier.config import Settings
from notifier.delivery import worker


@click.command("worker")
@click.pass_obj
def command(settings: Settings | None) -> None:
    """Deliver events to endpoints, until Ctrl-C or SIGTERM.

    \b
    Any number of workers may run beside any number of web servers, on one database:
        NOTIFIER_DATABASE_URL=postgresql+psycopg://… notifier worker
    """
    # A server that runs this has read them.
    raise SystemExit(worker.run(settings or declared.read_settings()))
