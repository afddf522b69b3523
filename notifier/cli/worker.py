"""The worker command: deliveries, in one process."""

import click

from notifier.cli import schema
from notifier.config import Settings
from notifier.delivery import worker


@click.command("worker")
def command() -> None:
    """Deliver events to endpoints, until Ctrl-C or SIGTERM.

    \b
    Any number of workers may run beside any number of web servers, on one database:
        NOTIFIER_DATABASE_URL=postgresql+psycopg://… notifier worker
    """
    settings = Settings.from_environment()
    schema.require_current(settings.database)
    raise SystemExit(worker.run(settings))
