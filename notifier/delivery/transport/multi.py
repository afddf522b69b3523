"""The POSTs of one thread: libcurl's multi interface, and a selector that waits."""

import os
import selectors
import time
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, TypeVar

import pycurl

from notifier.delivery.reach import Reach
from notifier.delivery.transport.answer import INTERRUPTED, TIMEOUT, Answer, Post
from notifier.delivery.transport.exchange import Exchange
from notifier.delivery.transport.handle import error_of, new_handle, prepare

if TYPE_CHECKING:
    from notifier.delivery.tls import Tls

K = TypeVar("K")

_REMEMBERED = 64
# A thread that does something else for longer than that was kept from waiting.
_AWAY_S = 0.1


class Transport(Generic[K]):
    """Makes POSTs for one thread; connections are kept from one to the next."""

    def __init__(self, max_connections: int, reach: Reach) -> None:
        self._proxy = reach.proxy
        self._tls: Tls | None = None
        # Asked for each POST, it would take a sixth of its time.
        self._may_connect = lru_cache(_REMEMBERED)(reach.may_connect)
        self._tls_versions: dict[int, str] = {}
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._timer: float | None = None
        self._away_since = time.monotonic()
        self._idle: list[pycurl.Curl] = []
        self._running: dict[pycurl.Curl, Exchange[K]] = {}
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, max_connections)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    def __len__(self) -> int:
        """Count the POSTs that wait for their answer."""
        return len(self._running)

    def start(self, key: K, post: Post) -> None:
        """Begin a POST; `wait` will return its answer beside *key*."""
        if post.tls != self._tls:
            self._close_idle()
            self._tls = post.tls
        curl = self._idle.pop() if self._idle else new_handle(self._proxy, post.tls)
        exchange = Exchange(key, post, self._may_connect)
        prepare(curl, post, exchange)
        self._running[curl] = exchange
        self._multi.add_handle(curl)

    def wait(self, timeout_s: float) -> list[tuple[K, Answer]]:
        """Wait until some POST is done, `wake` is called or the time is up.

        How long nobody has waited is not held against an answer: it may be there.
        """
        self._forgive(time.monotonic() - self._away_since)
        for descriptor, mask in self._ready(timeout_s):
            if descriptor == self._wake_read:
                os.read(self._wake_read, 4096)
            else:
                self._multi.socket_action(descriptor, mask)
        if self._timer is not None and time.monotonic() >= self._timer:
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        answers = self._done()
        self._away_since = time.monotonic()
        return answers + self._give_up_late(self._away_since)

    def wake(self) -> None:
        """Make `wait` return soon; any thread may call this."""
        # If the pipe is full, it is about to wake already.
        with suppress(BlockingIOError):
            os.write(self._wake_write, b".")

    def interrupt(self) -> list[tuple[K, Answer]]:
        """Give up what is running, and say so in its answers."""
        return [self._give_up(curl, INTERRUPTED) for curl in list(self._running)]

    def close(self) -> None:
        """Close all connections."""
        self.interrupt()
        self._close_idle()
        self._multi.close()
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _close_idle(self) -> None:
        for curl in self._idle:
            curl.close()
        self._idle.clear()

    def _forgive(self, away_s: float) -> None:
        if away_s > _AWAY_S:
            for exchange in self._running.values():
                exchange.forgive(away_s)

    def _give_up_late(self, now: float) -> list[tuple[K, Answer]]:
        late = [curl for curl, one in self._running.items() if now >= one.late_at]
        return [self._give_up(curl, TIMEOUT) for curl in late]

    def _give_up(self, curl: pycurl.Curl, error: str) -> tuple[K, Answer]:
        exchange = self._running.pop(curl)
        self._multi.remove_handle(curl)
        curl.close()
        exchange.close()
        return exchange.key, exchange.answer(None, error)

    def _ready(self, timeout_s: float) -> list[tuple[int, int]]:
        until = [one.late_at for one in self._running.values()]
        if self._timer is not None:
            until.append(self._timer)
        if until:
            timeout_s = min(timeout_s, max(min(until) - time.monotonic(), 0))
        return [
            (key.fd, _curl_mask(mask)) for key, mask in self._selector.select(timeout_s)
        ]

    def _done(self) -> list[tuple[K, Answer]]:
        _, completed, failed = self._multi.info_read()
        return [self._finish(curl, None) for curl in completed] + [
            self._finish(curl, code) for curl, code, _message in failed
        ]

    def _finish(self, curl: pycurl.Curl, code: int | None) -> tuple[K, Answer]:
        exchange = self._running.pop(curl)
        self._multi.remove_handle(curl)
        exchange.close()
        error = error_of(curl, code, exchange)
        status = None if error else curl.getinfo(pycurl.RESPONSE_CODE)
        self._keep_tls_version(exchange)
        if exchange.tls == self._tls:
            self._idle.append(curl)
        else:
            curl.close()
        return exchange.key, exchange.answer(status, error)

    def _keep_tls_version(self, exchange: Exchange[K]) -> None:
        """Remember what was agreed on when the connection was made."""
        port, versions = exchange.local_port, self._tls_versions
        if port is None or not exchange.is_encrypted:
            return
        if exchange.tls_version is None:
            exchange.tls_version = versions.get(port)
            return
        versions.pop(port, None)
        versions[port] = exchange.tls_version
        if len(versions) > _REMEMBERED:
            del versions[next(iter(versions))]

    def _watch(self, what: int, descriptor: int, _multi: object, _data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            self._selector.unregister(descriptor)
            return
        mask = _selector_mask(what)
        try:
            self._selector.modify(descriptor, mask)
        except KeyError:
            self._selector.register(descriptor, mask)

    def _set_timer(self, timeout_ms: int) -> None:
        self._timer = None if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000


def _selector_mask(what: int) -> int:
    return (selectors.EVENT_READ if what & pycurl.POLL_IN else 0) | (
        selectors.EVENT_WRITE if what & pycurl.POLL_OUT else 0
    )


def _curl_mask(mask: int) -> int:
    return (pycurl.CSELECT_IN if mask & selectors.EVENT_READ else 0) | (
        pycurl.CSELECT_OUT if mask & selectors.EVENT_WRITE else 0
    )
