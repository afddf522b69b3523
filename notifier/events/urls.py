"""The URL of what an event is about, kept as the part that many targets share.

That is what stands before the path: ``https://registry.example.com``. A repository of
another registry may have a prefix here that it does not have there; then that follows
the part, as its fragment: ``https://hub.example.com#hub/``.
"""

from typing import Final

from notifier.events.event import Kind, Target

_PARTS: Final = {Kind.MANIFEST: "manifests", Kind.BLOB: "blobs"}
_API: Final = "/v2/"


def shared_part(target: Target) -> str | None:
    """Return what `whole_url` makes the target's URL of, given the target.

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


def whole_url(shared: str, target: Target) -> str:
    """Return the URL of *target*."""
    head, _, prefix = shared.partition("#")
    repository = (target.repository or "").removeprefix(prefix)
    return head + _path_of(target, repository)


def _path_of(target: Target, repository: str) -> str:
    tail = _tail_of(target)
    return f"{_API}{repository}{tail}" if tail else ""


def _tail_of(target: Target) -> str:
    if target.kind is None or target.descriptor is None:
        return ""
    return f"/{_PARTS[target.kind]}/{target.descriptor.digest}"
