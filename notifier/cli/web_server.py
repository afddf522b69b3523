"""Granian, whose processes can be replaced without losing a request.

Granian itself has each process listen on a socket of its own and closes, when one is
replaced, this socket and every connection without a request: whoever has just connected
is cut off. Here the sockets are the parent's, and a process that leaves

1. is succeeded first, by one that listens on the same socket,
2. then takes no more connections, ends those that it has with their next answer, and
   ends its streams, which would go on for ever,
3. is asked to stop after a while, and may take its time for what is still in flight.
"""

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from multiprocessing.synchronize import Event
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask
from granian.net import SocketSpec  # type: ignore[attr-defined]  # it is for others
from granian.server.mp import MPServer, WorkerProcess

from notifier.web.services import get_services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from granian._granian import SocketHolder

Loader = Callable[[], Flask]

_LEAVE = signal.SIGUSR1
# A process is there when it has its application, and a moment later still lives: only
# then does it read the certificate.
_START_S = 60.0
_LOOK_EVERY_S = 0.1
_SETTLE_S = 0.5
# Connections that are kept open mostly have another request within this time.
_LEAVING_S = 5.0
# A layer may take long to come in.
_LONGEST_S = 3600.0

# Sockets and events are handed on by a fork alone, whatever a system's default is.
_forks = multiprocessing.get_context("fork")
_log = structlog.get_logger(__name__)


class WebServer(MPServer):
    """Several processes, replaced one after the other at SIGHUP or on `replace`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        multiprocessing.set_start_method("fork", force=True)
        super().__init__(*arguments, **options)
        self._sockets: list[SocketHolder] = []
        self._started: Event = _forks.Event()
        self._stopping: Event = _forks.Event()
        self._leaving: list[WorkerProcess] = []
        self._may_replace: Callable[[], bool] = lambda: True

    def replace(self) -> None:
        """Have each process succeeded by a new one. Any thread may ask for it."""
        self.signal_handler_reload()

    def ask_before_replacing(self, may_replace: Callable[[], bool]) -> None:
        """Have processes replaced only if *may_replace* says so at the time."""
        self._may_replace = may_replace

    def _init_shared_socket(self) -> None:
        spec = SocketSpec(self.bind_addr, self.bind_port, self.backlog)
        self._sockets = [spec.build() for _ in range(self.workers)]
        # A process makes no socket by itself, and shares none with the others.
        self._ssp = self._sso = None

    def _drop_shared_socket(self) -> None:
        for each in self._sockets:
            os.close(each.get_fd())

    def _spawn_worker(  # type: ignore[override]  # as its own subclass has it
        self, idx: int, target: Any, callback_loader: Loader
    ) -> WorkerProcess:
        own = self._sockets[idx]
        self._shd = own  # type: ignore[assignment]  # here it always is one
        others = [each.get_fd() for each in self._sockets if each is not own]
        self._started = _forks.Event()
        load = partial(
            _load,
            callback_loader,
            own=own.get_fd(),
            others=others,
            started=self._started,
            stopping=self._stopping,
        )
        worker: WorkerProcess = super()._spawn_worker(idx, target, load)
        return worker

    def _reload(self, spawn_target: Any, target_loader: Loader) -> None:
        self.reload_signal = False
        self.main_loop_interrupt.clear()
        if self._may_replace():
            _log.info("web_processes_are_replaced")
            self._respawn_workers(range(self.workers), spawn_target, target_loader)

    def _respawn_workers(
        self,
        workers: Iterable[int],
        spawn_target: Any,
        target_loader: Loader,
        delay: float = 0,  # noqa: ARG002 - Granian gives it
    ) -> None:
        for index in workers:
            new = self._spawn_worker(index, spawn_target, target_loader)
            if self.wrks[index].is_alive():
                if not self._succeed(index, new):
                    _log.error("web_process_not_replaced")
                    return
            else:
                # Granian gives up if it is so again in a few seconds.
                self.respawned_wrks[index] = time.monotonic()
                new.start()
                self.wrks[index] = new

    def _succeed(self, index: int, new: WorkerProcess) -> bool:
        """Let *new* take the place of a living process, if it comes to be there."""
        new.inner.start()
        if not self._is_there(new):
            new.kill()
            new.join()
            return False
        # From here on it is missed if it ends.
        new._watch()  # noqa: SLF001 - what `start` does besides
        old, self.wrks[index] = self.wrks[index], new
        self._see_off(old)
        return True

    def _is_there(self, worker: WorkerProcess) -> bool:
        until = time.monotonic() + _START_S
        while not self._started.wait(_LOOK_EVERY_S):
            late = time.monotonic() > until
            if late or self.interrupt_signal or not worker.is_alive():
                return False
        time.sleep(_SETTLE_S)
        return bool(worker.is_alive())

    def _see_off(self, worker: WorkerProcess) -> None:
        # It is not to be replaced when it ends.
        worker.interrupt_by_parent = True
        os.kill(worker.inner.pid, _LEAVE)
        self._leaving.append(worker)
        threading.Thread(target=self._wait_for, args=(worker,), daemon=True).start()

    def _wait_for(self, worker: WorkerProcess) -> None:
        worker.join(_LEAVING_S)
        worker.terminate()
        worker.join(_LONGEST_S)
        worker.kill()
        self._leaving.remove(worker)

    def _stop_workers(self) -> None:
        self.wrks += self._leaving
        # Processes do not end before their answers do, and streams would not. It is no
        # signal, for of two that come at once the second one may not be heard.
        self._stopping.set()
        super()._stop_workers()


def _load(
    load: Loader, *, own: int, others: Sequence[int], started: Event, stopping: Event
) -> Flask:
    """Make the application, in a process that listens on *own* and not on *others*."""
    for each in others:
        os.close(each)
    app = load()
    get_services(app).streams.end_when(stopping.is_set)
    signal.signal(_LEAVE, lambda *_: _leave(app, own))
    started.set()
    return app


def _leave(app: Flask, own: int) -> None:
    """Take no more connections, and tell the clients of those that there are."""
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as deaf:
        deaf.settimeout(0)
        deaf.bind(f"{folder}/socket")
        # Nobody finds it once its name is gone.
        deaf.listen()
        # The socket that *own* was is open in the successor, and loses nobody.
        os.dup2(deaf.fileno(), own)
    get_services(app).streams.end()
    app.wsgi_app = _Closing(app.wsgi_app)  # type: ignore[method-assign]  # as Flask says


class _Closing:
    """Ends each connection with its next answer (RFC 9112, section 9.6)."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            headers.append(("Connection", "close"))
            return start_response(status, headers, *exc_info)

        return self._app(environ, start)
