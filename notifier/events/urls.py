"""The URL of what an event is about, kept as the part that many targets share.

That is what stands before the path: ``https://registry.example.com``. A repository of
another registry may have a prefix here that it does not have there; then that follows
the part, as its fragment: ``https://hub.example.com#hub/``.
"""

from functools import lru_cache
from typing import Final

from notifier.events.event import Kind, Target
from notifier.registry.digest import Digest

_PARTS: Final = {Kind.MANIFEST: "manifests", Kind.BLOB: "blobs"}
_API: Final = "/v2/"


def shared_part(target: Target) -> str | None:
    """Return what `whole_url` makes the target's URL of, given what it is about.

    It is None for the URL of content that does not name it by its digest.
    """
    if not target.url:
        return target.url
    digest = target.descriptor.digest if target.descriptor else None
    return _shared_part(target.url, target.kind, target.repository or "", digest)


def whole_url(
    shared: str, kind: Kind | None, repository: str | None, digest: Digest | None
) -> str:
    """Return the URL of a target whose part that is."""
    head, _, prefix = shared.partition("#")
    return head + _path((repository or "").removeprefix(prefix), _tail(kind, digest))


@lru_cache(maxsize=1024)
def _shared_part(
    url: str, kind: Kind | None, name: str, digest: Digest | None
) -> str | None:
    # Much is pulled again and again.
    tail = _tail(kind, digest)
    path = _path(name, tail)
    if url.endswith(path):
        return url.removesuffix(path)
    head, _, repository = url.removesuffix(tail).partition(_API)
    if repository and name.endswith(f"/{repository}"):
        prefix = name.removesuffix(repository)
        if f"{head}{_path(repository, tail)}" == url:
            return f"{head}#{prefix}"
    return None


def _path(repository: str, tail: str) -> str:
    return f"{_API}{repository}{tail}" if tail else ""


def _tail(kind: Kind | None, digest: Digest | None) -> str:
    return f"/{_PARTS[kind]}/{digest}" if kind and digest else ""
