"""What clients do, as requests and the answers that they must have."""

import json
import re
from collections.abc import Generator, Iterator, Sequence
from itertools import count, cycle
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from benchmarks.images import MANIFEST_TYPE, Image, build_image, digest_of
from benchmarks.stock import Listing, Stock

_LOCATION: Final = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)


class Answer(NamedTuple):
    """What a server said; the head is the status line and the headers, as sent."""

    status: int
    head: bytes
    body: bytes


class Unexpected(Exception):
    """An answer was not the one that belongs to a success."""


Operation: TypeAlias = Generator[bytes, Answer, None]
"""Yields one request after the other and is sent the answer to each."""

Step: TypeAlias = tuple[bytes, bytes]
"""A request, and the body that the answer must have."""


def operations(act: str, host: str, series: str, stock: Stock) -> Iterator[Operation]:
    """Do an act over and over, with everything in *stock* in turn."""
    if act == "push":
        return (push(host, build_image(series, n, stock.shape)) for n in count())
    if act == "question":
        return (get(host, path) for path in cycle(stock.questions))
    if listing := listing_of(act, stock):
        return (read_list(host, listing) for _ in count())
    rounds = [_STEPS[act](host, image) for image in stock.images]
    return (fetch(steps) for steps in cycle(rounds))


def push(host: str, image: Image) -> Operation:
    """Push as clients do: POST and PUT for each blob, PUT of the manifest by tag."""
    base = f"/v2/{image.repository}"
    for blob in image.blobs:
        opened = yield _request(host, "POST", f"{base}/blobs/uploads/")
        _expect(opened, 202)
        upload = with_digest(_location(opened), digest_of(blob))
        _expect((yield _request(host, "PUT", upload, blob)), 201)
    path = manifest_path(image)
    stored = yield _request(host, "PUT", path, image.manifest, MANIFEST_TYPE)
    _expect(stored, 201)


def fetch(steps: Sequence[Step]) -> Operation:
    """Ask for one thing after the other and compare what comes."""
    for request, content in steps:
        answer = yield request
        if answer.status != 200 or answer.body != content:
            raise Unexpected(f"{request!r}: {answer}")


def read_list(host: str, listing: Listing) -> Operation:
    """Ask for a page of names, and compare these, in whatever order they come."""
    answer = yield _request(host, "GET", listing.path)
    _expect(answer, 200)
    if sorted(json.loads(answer.body)[listing.key]) != listing.names:
        raise Unexpected(f"{listing.path}: {answer}")


def get(host: str, path: str) -> Operation:
    """Ask for something else, whatever it is."""
    _expect((yield _request(host, "GET", path)), 200)


def listing_of(act: str, stock: Stock) -> Listing | None:
    """Return the list that an act reads, if it reads one."""
    return {"catalog": stock.catalog, "tags": stock.tags}.get(act)


def manifest_path(image: Image) -> str:
    """Return the path of the manifest by tag."""
    return f"/v2/{image.repository}/manifests/{image.tag}"


def digest_path(image: Image) -> str:
    """Return the path of the manifest by digest."""
    return f"/v2/{image.repository}/manifests/{digest_of(image.manifest)}"


def with_digest(location: str, digest: str) -> str:
    """Return the path that ends an upload, whose *location* the server has told."""
    path, query = urlsplit(location)[2:4]
    return f"{path}?{query}{'&' if query else ''}digest={digest}"


def _pull_steps(host: str, image: Image) -> list[Step]:
    """List what a client asks for: HEAD and GET of the manifest, then the blobs."""
    base = f"/v2/{image.repository}/blobs"
    return [
        *_head_steps(host, image),
        *_get_steps(host, image),
        *(
            (_request(host, "GET", f"{base}/{digest_of(blob)}"), blob)
            for blob in image.blobs
        ),
    ]


def _get_steps(host: str, image: Image) -> list[Step]:
    return [(_request(host, "GET", manifest_path(image)), image.manifest)]


def _digest_steps(host: str, image: Image) -> list[Step]:
    return [(_request(host, "GET", digest_path(image)), image.manifest)]


def _head_steps(host: str, image: Image) -> list[Step]:
    return [(_request(host, "HEAD", manifest_path(image)), b"")]


_STEPS: Final = {
    "pull": _pull_steps,
    "get": _get_steps,
    "get-digest": _digest_steps,
    "head": _head_steps,
}


def _request(
    host: str,
    method: str,
    path: str,
    body: bytes = b"",
    media_type: str = "application/octet-stream",
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Accept: {MANIFEST_TYPE}"]
    if method in {"POST", "PUT"}:
        lines += [f"Content-Type: {media_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _expect(answer: Answer, status: int) -> None:
    if answer.status != status:
        raise Unexpected(f"{status} expected: {answer}")


def _location(answer: Answer) -> str:
    match = _LOCATION.search(answer.head)
    if match is None:
        raise Unexpected(f"no Location: {answer}")
    return match[1].decode()
