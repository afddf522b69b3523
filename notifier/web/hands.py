"""Hands: how many requests are worked at, and not how many wait for their clients.

A request that waits for bytes of its body has a thread, and so has an answer that waits
for its client to read on. If that kept others waiting, a few hundred clients that send
a byte a second would stop a server. So there are many threads, and few hands: whoever
waits for a client has put its hand back.
"""

from collections.abc import Iterable
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def init_app(app: Flask, number: int) -> None:
    """Let *app* work at that many requests at once."""
    app.wsgi_app = _Hands(app.wsgi_app, number)  # type: ignore[method-assign]  # as Flask says


class _Hands:
    """Takes a hand for each request, until its answer begins."""

    def __init__(self, app: "WSGIApplication", number: int) -> None:
        self._app = app
        # A semaphore, at a tenth of the price of the one that is called so.
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(number):
            self._free.put(None)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        environ["wsgi.input"] = _Body(environ["wsgi.input"], self._free)
        self._free.get()
        try:
            return self._app(environ, start_response)
        finally:
            self._free.put(None)


class _Body:
    """A request's body, of which nobody asks more than `read` here.

    Whoever waits for it has no hand.
    """

    def __init__(self, body: IO[bytes], free: SimpleQueue[None]) -> None:
        self._body = body
        self._free = free

    def read(self, size: int = -1, /) -> bytes:
        """Return up to *size* bytes."""
        self._free.put(None)
        try:
            return self._body.read(size)
        finally:
            self._free.get()
