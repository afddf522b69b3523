"""Declared endpoints: the file's, written when a server starts, or when asked for."""

from collections.abc import Sequence
from dataclasses import asdict

import click
import structlog

from notifier import logs
from notifier.cli import revision
from notifier.cli.place import open_place
from notifier.config import ConfigError, ConfigFile, DeclaredEndpoint, Settings
from notifier.delivery.declarations import Changes, declare
from notifier.events.event import Action

_log = structlog.get_logger(__name__)


@click.command("declare")
def command() -> None:
    """Write the endpoints of the configuration file to the database.

    `notifier serve`, `web` and `worker` do so when they start; so nothing needs to be
    started again when the file has changed.

    \b
    Example:
      NOTIFIER_CONFIG=notifier.yml notifier endpoints declare
    """
    settings = Settings.from_environment()
    wanted = ConfigFile.read().endpoints
    if wanted is None:
        raise ConfigError("NOTIFIER_CONFIG is not set: say which file to read")
    changes = _write(settings, wanted)
    for verb, names in asdict(changes).items():
        for name in names:
            click.echo(f"{verb} {name}")
    if not changes:
        click.echo("all are as the file has them")


def read_settings() -> Settings:
    """Read the settings, and write the endpoints that the file declares.

    Raises `ConfigError`, `DatabaseUnavailable` or `SchemaMismatch`.
    """
    settings = Settings.from_environment()
    logs.configure(settings.log_format)
    revision.require_current(settings.database)
    declare_endpoints(settings)
    return settings


def declare_endpoints(settings: Settings) -> None:
    """Write the endpoints that the file declares, and log what is worth a line."""
    file = ConfigFile.read()
    if file.idle_keys:
        _log.warning("config_without_effect", keys=list(file.idle_keys))
    if file.endpoints is None:
        return
    changes = _write(settings, file.endpoints)
    if changes:
        _log.info("endpoints_declared", **asdict(changes))


def _write(settings: Settings, wanted: Sequence[DeclaredEndpoint]) -> Changes:
    with open_place(settings) as place, place.database.transaction() as transaction:
        changes = declare(transaction, place.endpoints, wanted)
        for action, names in (
            (Action.ENDPOINT_CREATE, changes.added),
            (Action.ENDPOINT_UPDATE, changes.updated),
            (Action.ENDPOINT_REMOVE, changes.removed),
        ):
            for name in names:
                endpoint = {"name": name, "declared": True}
                place.record(transaction, action, endpoint=endpoint)
    return changes
