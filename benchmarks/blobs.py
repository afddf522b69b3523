"""Blobs of 100 MB, pushed and pulled as streams, by a thread for each connection.

All are alike but for their ends, so that the client need not hash while it is timed and
compares what comes with a block that it keeps.
"""

import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from http.client import HTTPConnection, HTTPException, HTTPResponse
from itertools import count
from typing import TYPE_CHECKING, Final, TypeAlias

from benchmarks.connection import SILENCE_S
from benchmarks.load import BLOB_MEGABYTES
from benchmarks.loop import Share, Tally
from benchmarks.operations import Unexpected, with_digest

if TYPE_CHECKING:
    from hashlib import _Hash

_REPOSITORY: Final = "bench/blobs"
_BLOCK_BYTES: Final = 1_000_000
_END_BYTES: Final = 64

_Carry: TypeAlias = Callable[[HTTPConnection], None]


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob that nothing else is like, if its *name* is its own."""

    name: str

    @property
    def digest(self) -> str:
        """Return what names the content."""
        hashed = _hash_of_beginning().copy()
        hashed.update(self._end)
        return f"sha256:{hashed.hexdigest()}"

    def blocks(self) -> Iterator[bytes]:
        """Yield the content."""
        block = _block()
        for _ in range(BLOB_MEGABYTES - 1):
            yield block
        yield block[:-_END_BYTES] + self._end

    @property
    def _end(self) -> bytes:
        return self.name.encode().ljust(_END_BYTES, b".")


def push_blob(connection: HTTPConnection, blob: Blob) -> None:
    """Push as clients do: POST, PATCH of all of it, and PUT of its digest."""
    opened = _ask(connection, "POST", f"/v2/{_REPOSITORY}/blobs/uploads/", 202)
    kind = {"Content-Type": "application/octet-stream"}
    length = {"Content-Length": str(BLOB_MEGABYTES * _BLOCK_BYTES)}
    connection.request("PATCH", _location(opened), blob.blocks(), kind | length)
    sent = _finish(connection, 202)
    _ask(connection, "PUT", with_digest(_location(sent), blob.digest), 201)


def pull_blob(connection: HTTPConnection, blob: Blob) -> None:
    """Pull it, and compare what comes."""
    connection.request("GET", f"/v2/{_REPOSITORY}/blobs/{blob.digest}")
    response = connection.getresponse()
    if response.status != 200 or response.length != BLOB_MEGABYTES * _BLOCK_BYTES:
        raise Unexpected(f"{response.status}, {response.length} bytes")
    buffer = bytearray(_BLOCK_BYTES)
    for block in blob.blocks():
        response.readinto(buffer)
        if buffer != block:
            raise Unexpected("other content")


def push_one(host: str, name: str) -> None:
    """Push the blob that is to be pulled."""
    connection = HTTPConnection(host, timeout=SILENCE_S)
    push_blob(connection, Blob(name))
    connection.close()


def carry_share(share: Share) -> Tally:
    """Wait for the common start, and do the share."""
    draw = _draw(share)
    _hash_of_beginning()
    time.sleep(max(0.0, share.starts_at - time.monotonic()))
    began, cpu_s = time.perf_counter(), time.process_time()
    tally = Tally()
    threads = [
        threading.Thread(target=_carry_on, args=(share, draw, began, tally))
        for _ in range(share.connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.wall_s = time.perf_counter() - began
    tally.cpu_s = time.process_time() - cpu_s
    return tally


def _draw(share: Share) -> Iterator[_Carry]:
    if share.acts == ("push-blob",):
        return (partial(push_blob, blob=Blob(f"{share.series}-{n}")) for n in count())
    return (partial(pull_blob, blob=Blob(share.stock.blob)) for _ in count())


def _carry_on(share: Share, draw: Iterator[_Carry], began: float, tally: Tally) -> None:
    """Carry one blob after the other, until it is time."""
    connection = HTTPConnection(share.host, timeout=SILENCE_S)
    while (started := time.perf_counter()) < began + share.seconds:
        try:
            next(draw)(connection)
        except (Unexpected, HTTPException, OSError) as error:
            tally.count_error(error)
            # It connects anew when it is used again.
            connection.close()
        else:
            tally.count(share.acts[0], time.perf_counter() - started)
    connection.close()


def _ask(
    connection: HTTPConnection, method: str, path: str, status: int
) -> HTTPResponse:
    connection.request(method, path)
    return _finish(connection, status)


def _finish(connection: HTTPConnection, status: int) -> HTTPResponse:
    response = connection.getresponse()
    body = response.read()
    if response.status != status:
        raise Unexpected(f"{status} expected: {response.status} {body!r}")
    return response


def _location(response: HTTPResponse) -> str:
    location = response.headers["Location"]
    if location is None:
        raise Unexpected("no Location")
    return str(location)


@cache
def _block() -> bytes:
    return random.Random(1).randbytes(_BLOCK_BYTES)


@cache
def _hash_of_beginning() -> "_Hash":
    hashed = hashlib.sha256()
    for _ in range(BLOB_MEGABYTES - 1):
        hashed.update(_block())
    hashed.update(_block()[:-_END_BYTES])
    return hashed
