"""What both programs here can be told."""

from pathlib import Path

import click

from tests.faults.site import DATABASES

databases_option = click.option(
    "--database",
    "databases",
    default=DATABASES,
    show_default=True,
    multiple=True,
    type=click.Choice(DATABASES),
    help="On which database; may be given several times.",
)
json_option = click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what was found to this file, too.",
)
