"""Waiting for retention: by doing here what no worker is at."""

import time
from collections.abc import Callable
from typing import Final
from uuid import uuid4

import click
from rich.console import Console

from notifier.audit.retention.runner import Runner
from notifier.audit.retention.worker import require_lasting
from notifier.cli.place import Place
from notifier.storage import Archives, open_storage

_LOOK_EVERY_S: Final = 0.1

wait_option = click.option(
    "--wait", is_flag=True, help="Wait until it is done; do it here if no worker does."
)


def open_archives(place: Place) -> Archives:
    """Open the archives of the settings' storage; raise `StorageVolatile`."""
    storage = open_storage(place.settings.storage)
    require_lasting(storage)
    return storage.archives


def wait_until(place: Place, tell: Callable[[], str | None]) -> None:
    """Go on until *tell* returns None; show what it says until then."""
    runner = Runner(place.database, place.recorder, open_archives(place), uuid4())
    console = Console(stderr=True)
    try:
        with console.status("beginning") as status:
            while (text := tell()) is not None:
                status.update(text)
                runner.work()
                time.sleep(_LOOK_EVERY_S)
    finally:
        runner.release()


def say_who_does_it() -> None:
    """Say what it takes, to whoever does not wait."""
    click.echo("A running worker does it.", err=True)
