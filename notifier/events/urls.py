"""The URL of what an event is about, kept as the part that many targets share.

That is what stands before the path: ``https://registry.example.com``. A repository of
another registry may have a prefix here that it does not have there; then that follows
the part, as its fragment: ``https://hub.example.com#hub/``.
"""

from typing import Final

from notifier.events.event import Kind, Target
from notifier.registry.digest import Digest

_PARTS: Final = {Kind.MANIFEST: "manifests", Kind.BLOB: "blobs"}
_API: Final = "/v2/"


def shared_part(target: Target) -> str | None:
    """Return what `whole_url` makes the target's URL of, given what it is about.

    It is None for the URL of content that does not name it by its digest.
    """
    url, name = target.url, target.repository or ""
    path = _path_of(target, name)
    if url is None or url.endswith(path):
        return url.removesuffix(path) if url else url
    head, _, repository = url.removesuffix(_tail_of(target)).partition(_API)
    if repository and name.endswith(f"/{repository}"):
        prefix = name.removesuffix(repository)
        if f"{head}{_path_of(target, repository)}" == url:
            return f"{head}#{prefix}"
    return None


def whole_url(
    shared: str, kind: Kind | None, repository: str | None, digest: Digest | None
) -> str:
    """Return the URL of a target whose part that is."""
    head, _, prefix = shared.partition("#")
    return head + _path((repository or "").removeprefix(prefix), _tail(kind, digest))


def _path_of(target: Target, repository: str) -> str:
    return _path(repository, _tail_of(target))


def _tail_of(target: Target) -> str:
    digest = target.descriptor.digest if target.descriptor else None
    return _tail(target.kind, digest)


def _path(repository: str, tail: str) -> str:
    return f"{_API}{repository}{tail}" if tail else ""


def _tail(kind: Kind | None, digest: Digest | None) -> str:
    return f"/{_PARTS[kind]}/{digest}" if kind and digest else ""
