"""The load: an image is pushed and pulled at a steady rate, and each is an event."""

import http.client
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlsplit

from notifier.registry.media_types import OCI_MANIFEST
from tests import factories
from tests.faults.client import Client
from tests.faults.images import make_images
from tests.faults.ledger import Change, Ledger

_CLIENTS = 8
_ANSWER_S = 30.0
_SEED = 1
# One request in four is a push, the others pull what was pushed first.
_PUSH_EVERY = 4


class Load:
    """Pushes and pulls of one image: *rate* a second, for some *seconds*."""

    def __init__(self, url: str, rate: float, seconds: float) -> None:
        self.ledger = Ledger()
        self.failures: list[str] = []
        self.requests = round(rate * seconds)
        self.took_s = 0.0
        self._url = url
        self._rate = rate
        self._numbers = count()
        self._is_abandoned = threading.Event()
        self._image = make_images(1, _SEED)[0]
        self._ways: Mapping[str, tuple[str, bytes | None, int]] = {
            "push": ("PUT", self._image.manifest, http.client.CREATED),
            "pull": ("GET", None, http.client.OK),
        }
        self._digest = factories.digest(self._image.manifest)
        self._threads = [threading.Thread(target=self._work) for _ in range(_CLIENTS)]
        self._began = 0.0

    def start(self) -> None:
        """Push the image, and begin."""
        client = Client([self._url], self.ledger)
        client.push(self._image)
        client.close()
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until all is done."""
        for thread in self._threads:
            thread.join()

    def abandon(self) -> None:
        """Begin no further request."""
        self._is_abandoned.set()

    @property
    def reached_rate(self) -> float:
        """Return how many requests a second it came to: less, if it was held up."""
        return self.requests / self.took_s if self.took_s else 0.0

    def _work(self) -> None:
        address = urlsplit(self._url).netloc
        connection = http.client.HTTPConnection(address, timeout=_ANSWER_S)
        while (number := next(self._numbers)) < self.requests:
            due_s = self._began + number / self._rate - time.monotonic()
            if self._is_abandoned.wait(max(due_s, 0)):
                break
            try:
                if number % _PUSH_EVERY:
                    self._ask(connection, "pull", self._image.tag)
                else:
                    self._ask(connection, "push", f"push-{number}")
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"request {number}: {error!r}")
                connection.close()
            self.took_s = max(self.took_s, time.monotonic() - self._began)
        connection.close()

    def _ask(
        self, connection: http.client.HTTPConnection, action: str, tag: str
    ) -> None:
        """Push or pull the manifest by *tag*."""
        repository = self._image.repository
        method, body, status = self._ways[action]
        began = time.monotonic()
        connection.request(
            method,
            f"/v2/{repository}/manifests/{tag}",
            body,
            {"Content-Type": OCI_MANIFEST} if body else {},
        )
        answer = connection.getresponse()
        content = answer.read()
        self.ledger.note_time(time.monotonic() - began)
        if answer.status != status:
            self.failures.append(f"{action} {tag}: {answer.status} {content!r}")
            return
        change = Change(action, repository, self._digest, tag)
        self.ledger.note(answer.headers["X-Request-Id"], change)


@contextmanager
def running(url: str, rate: float, seconds: float) -> Iterator[Load]:
    """Push and pull meanwhile; all is done, or has failed, when the block has ended."""
    load = Load(url, rate, seconds)
    load.start()
    try:
        yield load
    except BaseException:
        load.abandon()
        raise
    finally:
        load.join()
