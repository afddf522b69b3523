"""The serve command: everything on one machine, with nothing to install first."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import click

from notifier import __version__, logs
from notifier.cli import declared, redis_server, schema, web, worker
from notifier.cli.certificate import CertificateFiles
from notifier.cli.children import Child, Children
from notifier.cli.opening import check_access
from notifier.cli.ports import find_address, is_serving
from notifier.cli.program import main
from notifier.config import ConfigError, Settings
from notifier.delivery.queue import socket_path
from notifier.secrets import SecretBox

_LOCK_S = 1.0
_LOCK_PAUSE_S = 0.05
_BANNER = """\
notifier {version} listens on {url}
Its data is in {data_dir}. Ctrl-C stops it.

Three things to try, in another terminal:

1. Have a URL told of every push:
     curl {url}/api/v1/endpoints -H 'Content-Type: application/json' \\
       -d '{{"name": "ci", "url": "http://127.0.0.1:9000/hook"}}'
2. Push an image:
     skopeo copy {plain}docker://alpine:3 docker://{registry}/team/app:1.0
     docker tag alpine:3 {registry}/team/app:1.0 && docker push {registry}/team/app:1.0
3. Ask the log who pushed what, and when:
     curl '{url}/api/v1/events?repository=team/app'
"""
_OPEN = """\
Whoever is on this machine may do everything, without a password: no user has been added
yet (`notifier users add`, docs/access.md). Nobody else can reach it.
"""


@click.command("serve")
def command() -> None:
    """Run everything on this machine: web server, deliveries, Redis and SQLite.

    The database is brought to this version first. What is not set by NOTIFIER_*
    settings is embedded, and keeps its files in NOTIFIER_DATA_DIR (./data). Ctrl-C and
    SIGTERM stop it when what is in flight is done, after ten seconds at the latest.

    \b
    Examples:
      notifier serve
      NOTIFIER_PORT=8080 NOTIFIER_DATA_DIR=/var/lib/notifier notifier serve
    """
    settings = Settings.from_environment()
    logs.configure(settings.log_format)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with _alone(settings.data_dir):
        find_address(settings)
        if certificate := CertificateFiles.of(settings):
            certificate.check()
        SecretBox.open(settings)
        schema.upgrade(settings.database)
        is_open = check_access(settings)
        declared.declare_endpoints(settings)
        _forget_figures(settings.data_dir / "metrics")
        _children(settings).run(
            partial(is_serving, settings), partial(_greet, settings, is_open=is_open)
        )


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Refuse a second server on the same data."""
    with (data_dir / "serve.lock").open("w") as file:
        # Children hold it as well: those of a server that was killed are about to end.
        until = time.monotonic() + _LOCK_S
        while not _try_lock(file):
            if time.monotonic() > until:
                raise ConfigError(
                    f"another `notifier serve` uses {data_dir}: set NOTIFIER_DATA_DIR"
                )
            time.sleep(_LOCK_PAUSE_S)
        yield


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _forget_figures(directory: Path) -> None:
    """Remove the figures of processes that are no more."""
    for path in directory.glob("*.db"):
        path.unlink()


def _children(settings: Settings) -> Children:
    helpers = []
    if settings.redis_url is None:
        path = socket_path(settings)
        redis_server.stop_orphan(path)
        server = redis_server.server_command(path, settings.data_dir)
        # Deliveries are found by the sweep as long as it is away.
        run = partial(os.execv, server[0], server)
        helpers.append(Child("redis", run, vital=False))
    # Imported here, their modules are there at once in the children.
    # Requests come first: a client waits for its answer, a delivery can wait.
    workers = [
        _own_child(web.command, settings),
        _own_child(worker.command, settings, yields=True),
    ]
    return Children(helpers, workers)


def _own_child(
    command: click.Command, settings: Settings, *, yields: bool = False
) -> Child:
    work = partial(main, [str(command.name)], "notifier", obj=settings)
    return Child(str(command.name), work, yields=yields)


def _greet(settings: Settings, *, is_open: bool) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    registry = f"{host}:{settings.port}"
    has_tls = settings.tls_certificate is not None
    click.echo(
        _BANNER.format(
            version=__version__,
            url=f"{'https' if has_tls else 'http'}://{registry}",
            registry=registry,
            plain="" if has_tls else "--dest-tls-verify=false ",
            data_dir=settings.data_dir.absolute(),
        )
    )
    if is_open:
        click.echo(_OPEN)
