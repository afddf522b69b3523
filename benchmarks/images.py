"""Tiny images, each different, and the requests that push and pull them."""

import hashlib
import json
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

REPOSITORIES: Final = 10

MANIFEST_TYPE: Final = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE: Final = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
_LAYER_BYTES: Final = 512
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


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest under a tag, its config and its one layer."""

    repository: str
    tag: str
    manifest: bytes
    config: bytes
    layer: bytes


def build_image(series: str, number: int) -> Image:
    """Make the image *number* of a *series*: no two share a blob."""
    tag = f"{series}-{number}"
    config = json.dumps({"architecture": "amd64", "os": "linux", "comment": tag})
    layer = tag.encode().ljust(_LAYER_BYTES, b".")
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": _descriptor(_CONFIG_TYPE, config.encode()),
        "layers": [_descriptor(_LAYER_TYPE, layer)],
    }
    return Image(
        repository=f"bench/repository-{number % REPOSITORIES}",
        tag=tag,
        manifest=json.dumps(manifest).encode(),
        config=config.encode(),
        layer=layer,
    )


def push(host: str, image: Image) -> Operation:
    """Push as clients do: POST and PUT for each blob, PUT of the manifest by tag."""
    base = f"/v2/{image.repository}"
    for blob in (image.config, image.layer):
        opened = yield _request(host, "POST", f"{base}/blobs/uploads/")
        _expect(opened, 202)
        upload = _with_digest(_location(opened), blob)
        _expect((yield _request(host, "PUT", upload, blob)), 201)
    manifest = f"{base}/manifests/{image.tag}"
    stored = yield _request(host, "PUT", manifest, image.manifest, MANIFEST_TYPE)
    _expect(stored, 201)


def fetch(steps: Sequence[Step]) -> Operation:
    """Ask for one thing after the other and compare what comes."""
    for request, content in steps:
        answer = yield request
        if answer.status != 200 or answer.body != content:
            raise Unexpected(f"{request!r}: {answer}")


def pull_steps(host: str, image: Image) -> list[Step]:
    """List what a client asks for: HEAD and GET of the manifest, then the blobs."""
    base = f"/v2/{image.repository}/blobs"
    return [
        *head_steps(host, image),
        *get_steps(host, image),
        *(
            (_request(host, "GET", f"{base}/{_digest(blob)}"), blob)
            for blob in (image.config, image.layer)
        ),
    ]


def get_steps(host: str, image: Image) -> list[Step]:
    """Ask for the manifest by tag."""
    return [(_request(host, "GET", manifest_path(image)), image.manifest)]


def head_steps(host: str, image: Image) -> list[Step]:
    """Ask whether the tag is there."""
    return [(_request(host, "HEAD", manifest_path(image)), b"")]


def get(host: str, path: str) -> Operation:
    """Ask for something else, whatever it is."""
    _expect((yield _request(host, "GET", path)), 200)


def manifest_path(image: Image) -> str:
    """Return the path of the manifest by tag."""
    return f"/v2/{image.repository}/manifests/{image.tag}"


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


def _with_digest(location: str, blob: bytes) -> str:
    path, query = urlsplit(location)[2:4]
    return f"{path}?{query}{'&' if query else ''}digest={_digest(blob)}"


def _descriptor(media_type: str, content: bytes) -> dict[str, str | int]:
    return {
        "mediaType": media_type,
        "digest": _digest(content),
        "size": len(content),
    }


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
