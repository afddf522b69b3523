"""Clients that go in the middle, that take their time, or that begin and never end."""

import random
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import requests

from tests import factories
from tests.faults.scenario import Scenario, Scene, with_settings

_REPOSITORY = "faults/strangers"
_UPLOADS = f"/v2/{_REPOSITORY}/blobs/uploads/"
_LENGTH = 1_000_000
_GONE = 20
_SLOW = 500
_EVERY_S = 1.0
_MAX_SESSIONS = 100
_FLOOD = 150
_ANSWER_S = 30
# Processes count the sessions that there are, and do not wait for each other.
_SLACK = 10
_LINGER_0 = struct.pack("ii", 1, 0)


def _go(scene: Scene, source: random.Random, _count: int) -> str:
    for n in range(_GONE):
        path, method = (
            (f"{_UPLOADS}?digest={_DIGEST}", "POST")
            if n % 2
            else (f"/v2/{_REPOSITORY}/manifests/{n}", "PUT")
        )
        with _connect(scene, method, path) as connection:
            connection.sendall(source.randbytes(source.randint(0, 100_000)))
            if source.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
    return f"{_GONE} clients gone in the middle of a body"


def _examine_log(scene: Scene) -> Sequence[str]:
    return [
        f"the log has {event}"
        for event in scene.site.log()
        if event["target"].get("repository") == _REPOSITORY
    ]


@contextmanager
def _dripping(scene: Scene) -> Iterator[None]:
    """Keep connections open, and send a byte a second on each of them."""
    ended = threading.Event()
    with ExitStack() as stack:
        path = f"{_UPLOADS}?digest={_DIGEST}"
        connections = [
            stack.enter_context(_connect(scene, "POST", path)) for _ in range(_SLOW)
        ]
        thread = threading.Thread(target=_drip, args=(connections, ended))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _drip(connections: Sequence[socket.socket], ended: threading.Event) -> None:
    while not ended.wait(_EVERY_S):
        for each in connections:
            # It may have been cut off: nobody has to bear it.
            with suppress(OSError):
                each.sendall(b".")


def _flood(scene: Scene, _source: random.Random, _count: int) -> str:
    for _ in range(_FLOOD):
        answer = requests.post(scene.site.url + _UPLOADS, timeout=_ANSWER_S)
        scene.notes[answer.status_code] += 1
    return f"{_FLOOD} uploads begun"


def _examine_sessions(scene: Scene) -> Sequence[str]:
    begun, refused = scene.notes[202], scene.notes[429]
    if begun + refused != scene.notes.total() or begun > _MAX_SESSIONS + _SLACK:
        return [f"uploads that were begun were answered with {scene.notes}"]
    return []


def _connect(scene: Scene, method: str, path: str) -> socket.socket:
    """Open a connection, and send the head of a request whose body is long."""
    place = urlsplit(scene.site.url)
    connection = socket.create_connection((place.hostname, place.port), _ANSWER_S)
    connection.sendall(
        f"{method} {path} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Content-Type: application/octet-stream\r\n"
        f"Content-Length: {_LENGTH}\r\n\r\n".encode()
    )
    return connection


_DIGEST = factories.digest(b"something that nobody sends")

GONE = Scenario(
    name="clients-gone",
    summary="twenty clients gone in the middle of a body, ten times",
    times=10,
    may_repeat=False,
    strike=_go,
    examine=_examine_log,
)
SLOW = Scenario(
    name="clients-slow",
    summary="500 connections that send a byte a second, for the whole load",
    times=0,
    may_repeat=False,
    around=_dripping,
    examine=_examine_log,
)
FLOOD = Scenario(
    name="clients-flood",
    summary="150 uploads begun and never ended where 100 are allowed, ten times",
    times=10,
    may_repeat=False,
    strike=_flood,
    ground=with_settings(NOTIFIER_MAX_UPLOADS=str(_MAX_SESSIONS)),
    examine=_examine_sessions,
)
