"""A receiver in a process of its own, which remembers what it is told."""

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import NamedTuple

from standardwebhooks import WebhookVerificationError

from tests import receiver
from tests.receiver import Request

_LOOK_EVERY_S = 0.2


class Receipt(NamedTuple):
    """What came in one POST."""

    webhook_id: str
    body: bytes
    is_signed: bool


class Listener:
    """The receiver as its owner sees it."""

    def __init__(self, connection: Connection, url: str) -> None:
        self._connection = connection
        self.url = url

    def expect(self, secret: str) -> None:
        """Say, once, what signatures are made with."""
        self._connection.send(secret)

    def receipts(self) -> list[Receipt]:
        """Return what has come so far, in the order in which it came."""
        self._connection.send("receipts")
        receipts: list[Receipt] = self._connection.recv()
        return receipts


@contextmanager
def listening() -> Iterator[Listener]:
    """Run a receiver on a free port of the loopback."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    # So that its end is heard of.
    theirs.close()
    try:
        yield Listener(ours, ours.recv())
    finally:
        process.kill()
        process.join()


def _serve(owner: Connection) -> None:
    # Ctrl-C reaches the whole terminal; the owner decides when this ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with receiver.running() as server, suppress(EOFError):
        owner.send(server.url)
        secret = owner.recv()
        receipts: list[Receipt] = []
        while True:
            is_asked = owner.poll(_LOOK_EVERY_S)
            # A signature is good for five minutes only: it is checked now.
            new = server.requests[len(receipts) :]
            receipts += [read_receipt(request, secret) for request in new]
            if is_asked:
                owner.recv()
                owner.send(receipts)


def read_receipt(request: Request, secret: str) -> Receipt:
    """Return what came in a request, its signature checked."""
    try:
        request.verify(secret)
    except WebhookVerificationError:
        is_signed = False
    else:
        is_signed = True
    return Receipt(request.headers["webhook-id"], request.body, is_signed)
