"""A receiver in a process of its own, which remembers what it has accepted."""

import multiprocessing
import random
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from typing import NamedTuple

import pytest
from standardwebhooks import WebhookVerificationError

from tests import receiver
from tests.receiver import Handler, Request

_LOOK_EVERY_S = 0.2


class Receipt(NamedTuple):
    """What came in one POST that was accepted."""

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
        self._ask("expect", secret)

    def behave(self, name: str) -> None:
        """Have it behave as `MANNERS` says."""
        self._ask("behave", name)

    def receipts(self) -> list[Receipt]:
        """Return what it has accepted so far, in the order in which it came."""
        return self._ask("receipts")

    def _ask(self, *question: str) -> list[Receipt]:
        self._connection.send(question)
        answer: list[Receipt] = self._connection.recv()
        return answer


@contextmanager
def listening(environment: Mapping[str, str]) -> Iterator[Listener]:
    """Run a receiver on a free port of the loopback. It is well."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    # What is spawned is given the environment that there is.
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        process.start()
    # So that its end is heard of.
    theirs.close()
    try:
        yield Listener(ours, ours.recv())
    finally:
        process.kill()
        process.join()


class _Desk:
    """Accepts, or does not, but never what is not signed well, and just now."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        self.secret = ""
        self.manner: _Manner = _Desk.accept

    def take(self, handler: Handler) -> None:
        """Do with a request what is the manner now."""
        self.manner(self, handler)

    def accept(self, handler: Handler) -> None:
        """Accept a request, if it may be."""
        receipt = read_receipt(handler.arrived, self.secret)
        if receipt.is_signed:
            self.receipts.append(receipt)
        handler.answer(200 if receipt.is_signed else 400)


_Manner = Callable[[_Desk, Handler], None]


def _fail(_desk: _Desk, handler: Handler) -> None:
    handler.answer(500)


def _accept_half(desk: _Desk, handler: Handler) -> None:
    random.SystemRandom().choice((_Desk.accept, _fail))(desk, handler)


def _hang(desk: _Desk, handler: Handler) -> None:
    while desk.manner is _hang and not handler.receiver.released.wait(_LOOK_EVERY_S):
        pass
    # Nobody waits for it by now.
    receiver.reset(handler)


def _hang_up(_desk: _Desk, handler: Handler) -> None:
    receiver.reset(handler)


# Who is down does not listen either: that is for the connections that there are.
MANNERS: dict[str, _Manner] = {
    "well": _Desk.accept,
    "half": _accept_half,
    "hanging": _hang,
    "down": _hang_up,
}


def _serve(owner: Connection) -> None:
    # Ctrl-C reaches the whole terminal; the owner decides when this ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    desk = _Desk()
    with ExitStack() as stack, suppress(EOFError):
        server = stack.enter_context(receiver.running())
        server.behaviour = desk.take
        owner.send(server.url)
        while True:
            match owner.recv():
                case "expect", secret:
                    desk.secret = secret
                case "behave", name:
                    desk.manner = MANNERS[name]
                    stack.close()
                    if name != "down":
                        again = receiver.running(port=server.server_port)
                        stack.enter_context(again).behaviour = desk.take
            owner.send(desk.receipts)


def read_receipt(request: Request, secret: str) -> Receipt:
    """Return what came in a request, its signature checked."""
    try:
        request.verify(secret)
    except WebhookVerificationError:
        is_signed = False
    else:
        is_signed = True
    return Receipt(request.headers["webhook-id"], request.body, is_signed)
