"""What events are about, and those of the current request."""

from collections.abc import Iterable

from notifier.events.event import Action, Descriptor, Event, Kind, TagChange, Target
from notifier.registry import media_types
from notifier.registry.digest import Digest
from notifier.registry.documents import ManifestDocument
from notifier.web.requests import current_origin


def make_event(
    action: Action,
    target: Target,
    *,
    tag_change: TagChange | None = None,
    previous_digest: Digest | None = None,
) -> Event:
    """Make the event of what the current request does to *target*, now."""
    return current_origin().event(
        action, target, tag_change=tag_change, previous_digest=previous_digest
    )


def blob_target(
    repository: str, digest: Digest, size: int, registry_url: str | None
) -> Target:
    """Say which blob it is. A registry does not know what is in a blob.

    Without a *registry_url* it is not there any more.
    """
    return Target(
        kind=Kind.BLOB,
        repository=repository,
        descriptor=Descriptor(media_type=media_types.BLOB, digest=digest, size=size),
        url=None
        if registry_url is None
        else blob_url(registry_url, repository, digest),
    )


def manifest_target(
    repository: str,
    descriptor: Descriptor,
    *,
    registry_url: str | None,
    artifact_type: str | None,
    tag: str | None = None,
    document: ManifestDocument | None = None,
) -> Target:
    """Say which manifest it is; *document* gives what it names, if that is wanted.

    Without a *registry_url* it is not there any more.
    An artifact type that is longer than any media type is left out: a stranger chooses
    it, and the log keeps it.
    """
    if artifact_type is not None and len(artifact_type) > media_types.MAX_LENGTH:
        artifact_type = None
    return Target(
        kind=Kind.MANIFEST,
        repository=repository,
        descriptor=descriptor,
        tag=tag,
        url=None
        if registry_url is None
        else manifest_url(registry_url, repository, descriptor.digest),
        references=None if document is None else tuple(_references(document)),
        artifact_type=artifact_type,
    )


def blob_url(registry_url: str, repository: str, digest: Digest) -> str:
    """Return where a blob can be fetched."""
    return f"{registry_url}/v2/{repository}/blobs/{digest}"


def manifest_url(registry_url: str, repository: str, digest: Digest) -> str:
    """Return where a manifest can be fetched, by its digest."""
    return f"{registry_url}/v2/{repository}/manifests/{digest}"


def _references(document: ManifestDocument) -> Iterable[Descriptor]:
    for reference in document.references:
        yield Descriptor(
            media_type=reference.media_type,
            digest=reference.digest,
            size=reference.size,
            platform=reference.platform,
        )
