"""The db commands: the database's version."""

import click

from notifier.cli import schema
from notifier.cli.revision import get_revision, require_current
from notifier.config import Settings


@click.group("db")
def command() -> None:
    """Bring the database to this version, or back.

    `notifier serve` does it by itself; before `notifier web` and `notifier worker` it
    is for you to do.
    """


@command.command()
def upgrade() -> None:
    """Bring the database to this program's version.

    Any number may be started at once: one does the work, and the others wait for it.
    """
    url = Settings.from_environment().database
    schema.upgrade(url)
    click.echo(f"the database is at revision {get_revision(url)}")


@command.command()
@click.argument("revision", default="-1")
@click.confirmation_option(prompt="Tables and all that is in them may go. Go on?")
def downgrade(revision: str) -> None:
    """Take the database back: one step, or to REVISION (`base`: to nothing).

    \b
    Examples:
      notifier db downgrade
      notifier db downgrade base --yes
    """
    url = Settings.from_environment().database
    schema.downgrade(url, revision)
    found = get_revision(url)
    click.echo(
        f"the database is at revision {found}" if found else "no tables are left"
    )


@command.command()
def check() -> None:
    """Tell whether the database is as this program needs it.

    The status is 0 if it is.
    """
    url = Settings.from_environment().database
    require_current(url)
    schema.check(url)
    click.echo(f"the database is at revision {get_revision(url)}, as it should")
