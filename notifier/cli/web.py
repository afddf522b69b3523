"""The web command: the application under Granian, in several processes."""

import multiprocessing.util
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial

import click
import structlog
from flask import Flask
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels

from notifier import app as composition
from notifier.cli import declared, parentage
from notifier.cli.certificate import CertificateFiles
from notifier.cli.children import Child, ChildrenFailed
from notifier.cli.opening import check_access
from notifier.cli.ports import find_address
from notifier.cli.web_server import WebServer
from notifier.config import ConfigError, Settings
from notifier.db import DatabaseUnavailable
from notifier.secrets import SecretBox

_log = structlog.get_logger(__name__)

# What is in flight when a stop is asked for may take this long.
_GRACE_S = 10
# Open connections of one process, idle ones too; beyond, they wait to be accepted.
_CONNECTIONS = 1024
_BACKLOG = 1024
_HEAD_MS = 30_000
_PING_MS = 20_000
_LOGGING = {
    "formatters": {},
    "handlers": {},
    # Our own handler takes Granian's lines: see `logs`.
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}


@click.command("web")
@click.pass_obj
def command(settings: Settings | None) -> None:
    """Serve the registry and the REST API, until Ctrl-C or SIGTERM.

    Deliveries are made by `notifier worker`. NOTIFIER_HOST and NOTIFIER_PORT say where
    to listen, NOTIFIER_WEB_PROCESSES and NOTIFIER_WEB_THREADS with how many hands.
    """
    # A server that runs this has read them.
    settings = settings or declared.read_settings()
    # A bad key is better told once than by each process.
    SecretBox.open(settings)
    check_access(settings)
    certificate = CertificateFiles.of(settings)
    server = _server(settings, certificate)
    server.ask_before_replacing(partial(_may_replace, settings, certificate))
    watched = certificate.watched(server.replace) if certificate else nullcontext()
    with _mover(), _committer() as door, watched:
        load = partial(_load, os.getpid(), door)
        try:
            server.serve(target_loader=load, wrap_loader=False)
        except SystemExit:
            # Ctrl-C reaches Granian's processes by itself: they may have left before
            # they were told to, which Granian takes for a failure.
            if not server.interrupt_signal:
                raise ChildrenFailed(
                    "web processes end right after their start"
                ) from None


@contextmanager
def _mover() -> Iterator[None]:
    """Have a process of its own move the journals, till after the last request.

    If it dies, the web processes do it themselves, which costs them more.
    """
    with _running(Child("journal", _move_journals, yields=True)):
        yield


@contextmanager
def _committer() -> Iterator[socket.socket]:
    """Have a process of its own commit what other registries send; give its door.

    If it dies, the web processes do it themselves, which costs them more.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    child = Child("ingest", partial(_commit_ingest, theirs))
    with ours, ExitStack() as stack:
        # Who has gone is found to be gone if nobody else has that end.
        with theirs:
            stack.enter_context(_running(child))
        yield ours


@contextmanager
def _running(child: Child) -> Iterator[None]:
    child.start()
    try:
        yield
    finally:
        child.terminate()
        child.wait(time.monotonic() + _GRACE_S)


def _move_journals() -> None:
    with _one_line_for_errors(), _stop_request() as stopping:
        composition.move_journals(Settings.from_environment(), stopping)


def _commit_ingest(door: socket.socket) -> None:
    with _one_line_for_errors(), _stop_request() as stopping:
        composition.commit_ingest(Settings.from_environment(), door, stopping)


@contextmanager
def _stop_request() -> Iterator[threading.Event]:
    """Give what is set when this process is to stop.

    Ctrl-C is for the web server alone to hear: it stops the others when its own have
    closed their journals.
    """
    stopping = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    yield stopping


def _may_replace(settings: Settings, certificate: CertificateFiles | None) -> bool:
    """Tell whether web processes can be replaced, now; log why not."""
    if _is_in_memory(settings):
        reason = "what the storage holds would be gone with its process"
        _log.error("web_processes_stay", reason=reason)
        return False
    try:
        if certificate is not None:
            certificate.check()
    except ConfigError as error:
        _log.error("web_processes_stay", reason=str(error))
        return False
    return True


def _is_in_memory(settings: Settings) -> bool:
    return settings.storage.startswith("memory:")


def _server(settings: Settings, certificate: CertificateFiles | None) -> WebServer:
    if certificate is not None:
        certificate.check()
    max_head = settings.max_header_kb * 1024
    return WebServer(
        "notifier.app:create_app",
        address=find_address(settings),
        port=settings.port,
        interface=Interfaces.WSGI,
        # By TLS, clients would choose HTTP/2: a third slower for blobs, and all that a
        # client does at once would be for one process to do.
        http=HTTPModes.auto if certificate is None else HTTPModes.http1,
        # What one process keeps in memory, no other can serve.
        workers=1 if _is_in_memory(settings) else settings.web_processes,
        # They come as they are needed. How many are at work is for `web.hands` to say.
        blocking_threads=_CONNECTIONS,
        backpressure=_CONNECTIONS,
        backlog=_BACKLOG,
        http1_settings=HTTP1Settings(
            header_read_timeout=_HEAD_MS, max_buffer_size=max_head
        ),
        http2_settings=HTTP2Settings(
            keep_alive_interval=_PING_MS, max_headers_size=max_head
        ),
        respawn_failed_workers=True,
        workers_kill_timeout=_GRACE_S,
        log_level=LogLevels.error,
        log_dictconfig=_LOGGING,
        websockets=False,
        ssl_cert=certificate and certificate.certificate,
        ssl_key=certificate and certificate.key,
        ssl_protocol_min=SSLProtocols.tls12,
    )


def _load(parent: int, commit_door: socket.socket) -> Flask:
    """Make the application, in a process of Granian's."""
    # Granian hears signals a little later; until then they end the process at once.
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)
    parentage.follow(parent)
    with _one_line_for_errors():
        app = composition.create_app(commit_door=commit_door)
    multiprocessing.util.Finalize(None, composition.close, args=(app,), exitpriority=0)
    return app


@contextmanager
def _one_line_for_errors() -> Iterator[None]:
    """End a process of ours as a command ends that cannot be done."""
    try:
        yield
    except (ConfigError, DatabaseUnavailable, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
