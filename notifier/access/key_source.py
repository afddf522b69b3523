"""Where the keys of an outside issuer are: in a file, or at a URL."""

import ssl
import threading
import time
from collections.abc import Callable, Sequence
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Final, Protocol
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPRedirectHandler,
    HTTPSHandler,
    ProxyHandler,
    Request,
    build_opener,
)

import structlog

from notifier.access.key_set import VerifyingKey, parse_key_set
from notifier.access.watched import WatchedFile

MAX_BYTES: Final = 512 * 1024

_DEADLINE_S = 5.0
_PIECE = 16 * 1024
_FRESH_S = 600.0
_AGAIN_S = 30.0

_log = structlog.get_logger(__name__)


class KeySource(Protocol):
    """Where the keys are."""

    def keys(self) -> Sequence[VerifyingKey]:
        """Return the keys that are known."""
        ...

    def renewed(self) -> Sequence[VerifyingKey]:
        """Return the keys, looked up anew if that was not done just now."""
        ...


class KeyFile:
    """A key set in a file, which is read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self._file = WatchedFile(path, _parse_file)

    def check(self) -> None:
        """Read the file now; raise `OSError` or `ValueError`."""
        self._file.check()

    def keys(self) -> Sequence[VerifyingKey]:
        """Return the keys of the file."""
        return self._file.value()

    renewed = keys


class KeyUrl:
    """A key set at a URL, which is fetched when it is needed. Threads may share it.

    It is fetched again after ten minutes, and for a key that is not known, but not more
    often than every 30 seconds. As long as that fails, the keys from before count.
    """

    def __init__(
        self,
        url: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._clock = clock
        self._fetching = threading.Lock()
        self._keys: Sequence[VerifyingKey] = ()
        self._tried_at = -_FRESH_S

    def keys(self) -> Sequence[VerifyingKey]:
        """Return the keys, fetched within the last ten minutes if they could be."""
        self._renew(_FRESH_S)
        return self._keys

    def renewed(self) -> Sequence[VerifyingKey]:
        """Return the keys, fetched within the last 30 seconds if they could be."""
        self._renew(_AGAIN_S)
        return self._keys

    def _renew(self, after_s: float) -> None:
        if self._clock() - self._tried_at < after_s:
            return
        # Without any keys all have to wait; with some, one fetches while the others
        # go on with those, so that a slow issuer cannot hold up everybody.
        if not self._fetching.acquire(blocking=not self._keys):
            return
        try:
            if self._clock() - self._tried_at >= after_s:
                self._tried_at = self._clock()
                self._keys = parse_key_set(_fetch(self._url))
        except (OSError, HTTPException, ValueError) as error:
            # No more of the URL: a query may hold a secret.
            host = urlsplit(self._url).hostname
            _log.warning("key_set_unreadable", host=host, error=_words(error))
        finally:
            self._fetching.release()


def _parse_file(content: bytes) -> Sequence[VerifyingKey]:
    return parse_key_set(content) if content else ()


class _NoRedirects(HTTPRedirectHandler):
    """Follows nothing: a key set is where the operator says."""

    def redirect_request(
        self,
        _request: Request,
        _file: IO[bytes],
        _code: int,
        _message: str,
        _headers: HTTPMessage,
        _url: str,
    ) -> None:
        return None


def _fetch(url: str) -> bytes:
    """Return what stands at *url*, within a time and a size."""
    until = time.monotonic() + _DEADLINE_S
    opener = build_opener(
        ProxyHandler({}),
        _NoRedirects(),
        HTTPSHandler(context=ssl.create_default_context()),
    )
    content = b""
    with opener.open(url, timeout=_DEADLINE_S) as response:
        while piece := response.read1(_PIECE):
            content += piece
            if len(content) > MAX_BYTES:
                raise ValueError(f"has more than {MAX_BYTES} bytes")
            if time.monotonic() > until:
                raise TimeoutError("is too slow")
    return content


def _words(error: Exception) -> str:
    return str(error.reason if isinstance(error, URLError) else error)
