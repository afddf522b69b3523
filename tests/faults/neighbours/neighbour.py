"""A receiver in a process of its own, which may behave badly, and recover."""

import multiprocessing
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import NamedTuple

from tests import receiver
from tests.faults.listener import Receipt, read_receipt
from tests.faults.neighbours import manners
from tests.faults.neighbours.cast import ROLES
from tests.faults.neighbours.manners import Manner
from tests.faults.neighbours.places import ALLOWED
from tests.receiver import Handler, Request


class Acceptance(NamedTuple):
    """What was answered 2xx, and when, in seconds of the epoch."""

    receipt: Receipt
    at: float


class Neighbour:
    """The receiver as its owner sees it."""

    def __init__(self, connection: Connection, url: str) -> None:
        self._connection = connection
        self.url = url

    def expect(self, secret: str) -> None:
        """Say, once and before anything else, what signatures are made with."""
        self._connection.send(secret)

    def recover(self) -> None:
        """Have it accept everything from now on."""
        self._connection.send("recover")

    def acceptances(self) -> Sequence[Acceptance]:
        """Return what it has accepted so far, in that order."""
        self._connection.send("acceptances")
        acceptances: Sequence[Acceptance] = self._connection.recv()
        return acceptances


@contextmanager
def neighbour(name: str, trap_url: str) -> Iterator[Neighbour]:
    """Run the receiver of that role, on a free port of where it may be sent to."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, name, trap_url), daemon=True)
    process.start()
    # So that its end is heard of.
    theirs.close()
    try:
        yield Neighbour(ours, ours.recv())
    finally:
        process.kill()
        process.join()


class _Conduct:
    """Answers in some manner, and notes what was accepted."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self._lock = threading.Lock()
        self._accepted: list[tuple[Request, float]] = []

    def __call__(self, handler: Handler) -> None:
        if self.manner(handler):
            with self._lock:
                self._accepted.append((handler.arrived, time.time()))

    def accepted(self) -> Sequence[tuple[Request, float]]:
        with self._lock:
            return list(self._accepted)


def _serve(owner: Connection, name: str, trap_url: str) -> None:
    # Ctrl-C reaches the whole terminal; the owner decides when this ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    make = ROLES[name].make
    assert make is not None
    conduct = _Conduct(make(trap_url))
    with receiver.running(host=ALLOWED) as server, suppress(EOFError):
        server.behaviour = conduct
        owner.send(server.url)
        _attend(owner, conduct, owner.recv())


def _attend(owner: Connection, conduct: _Conduct, secret: str) -> None:
    """Do what the owner says, until it is gone: `EOFError`."""
    while True:
        wish = owner.recv()
        if wish == "recover":
            conduct.manner = manners.accept
        if wish == "acceptances":
            # Not before, for it takes as long as to receive them. That is soon enough:
            # a signature is good for five minutes.
            owner.send(
                [
                    Acceptance(read_receipt(request, secret), at)
                    for request, at in conduct.accepted()
                ]
            )
