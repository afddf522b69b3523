"""Events of the current request: how views say what happened."""

from collections.abc import Iterable

from flask import request

from notifier.config import PullEvents
from notifier.events.event import Action, Descriptor, Event, Kind, TagChange, Target
from notifier.registry import media_types
from notifier.registry.digest import Digest
from notifier.registry.documents import ManifestDocument
from notifier.web.requests import current_origin, registry_url
from notifier.web.services import services


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


def counts_as_pull() -> bool:
    """Tell whether it is a pull if the current request reads something."""
    settings = services().settings
    if settings.pull_events is PullEvents.OFF:
        return False
    return settings.head_is_pull or request.method != "HEAD"


def announce_pull(target: Target) -> None:
    """Announce that the current request reads *target*."""
    own = services()
    event = make_event(Action.PULL, target)
    if own.settings.pull_events is PullEvents.JOURNAL:
        own.journal.append(event)
        return
    with own.database.transaction() as transaction:
        own.announcer.announce(transaction, [event])


def blob_target(repository: str, digest: Digest, size: int) -> Target:
    """Say which blob it is. A registry does not know what is in a blob."""
    return Target(
        kind=Kind.BLOB,
        repository=repository,
        descriptor=Descriptor(media_type=media_types.BLOB, digest=digest, size=size),
        url=blob_url(repository, digest),
    )


def manifest_target(
    repository: str,
    descriptor: Descriptor,
    tag: str | None = None,
    document: ManifestDocument | None = None,
    *,
    artifact_type: str | None,
) -> Target:
    """Say which manifest it is; *document* gives what it names, if that is wanted.

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
        url=manifest_url(repository, descriptor.digest),
        references=None if document is None else tuple(_references(document)),
        artifact_type=artifact_type,
    )


def blob_url(repository: str, digest: Digest) -> str:
    """Return where a blob can be fetched."""
    return f"{registry_url()}/v2/{repository}/blobs/{digest}"


def manifest_url(repository: str, digest: Digest) -> str:
    """Return where a manifest can be fetched, by its digest."""
    return f"{registry_url()}/v2/{repository}/manifests/{digest}"


def _references(document: ManifestDocument) -> Iterable[Descriptor]:
    for reference in document.references:
        yield Descriptor(
            media_type=reference.media_type,
            digest=reference.digest,
            size=reference.size,
            platform=reference.platform,
        )
