"""Manifests: read, push under tags and digests, delete."""

from flask import Response, request
from msgspec.structs import replace

from notifier.config import References
from notifier.db import Transaction
from notifier.events.event import Action, Descriptor, Event, TagChange
from notifier.registry import (
    children,
    documents,
    manifests,
    referrers,
    repositories,
    tags,
)
from notifier.registry.digest import Digest
from notifier.registry.documents import ManifestDocument
from notifier.registry.errors import (
    DigestInvalid,
    ManifestTooLarge,
    SizeInvalid,
    TooManyRequests,
)
from notifier.registry.reference import parse_reference, parse_repository, parse_tag
from notifier.web.auth.callers import current_caller
from notifier.web.requests import client_network, registry_url
from notifier.web.services import services
from notifier.web.v2.announcements import make_event, manifest_target, manifest_url
from notifier.web.v2.base import (
    accepted,
    answer_read,
    created,
    refuse_deletes_if_off,
)
from notifier.web.v2.reads import find_manifest, read_manifest, stored_target

_MAX_TAGS = 100


def get_manifest(repository: str, reference: str) -> Response:
    """Send a manifest as it was pushed, whatever ``Accept`` says."""
    return answer_read(read_manifest, repository, reference)


def put_manifest(repository: str, reference: str) -> Response:
    """Keep a manifest, under a tag or under its digest and the tags beside it."""
    repository, parsed = parse_repository(repository), parse_reference(reference)
    names = _tags(parsed)
    _refuse_haste(repository)
    document = ManifestDocument.parse(_content(), request.mimetype or None)
    digest = _digest(document, parsed)
    own = services()
    with own.database.transaction() as transaction:
        events = _put(transaction, repository, digest, document, names)
        own.announcer.announce(transaction, events)
    headers = {"Docker-Content-Digest": digest}
    if document.subject:
        headers["OCI-Subject"] = document.subject
    response = created(manifest_url(registry_url(), repository, digest), headers)
    if "tag" in request.args:
        for name in names:
            response.headers.add("OCI-Tag", name)
    return response


def delete_manifest(repository: str, reference: str) -> Response:
    """Delete a tag; or a manifest, and the tags that point to it."""
    refuse_deletes_if_off()
    repository, parsed = parse_repository(repository), parse_reference(reference)
    own = services()
    with own.database.transaction() as transaction:
        connection = transaction.connection
        repositories.lock(connection, repository)
        manifest = find_manifest(connection, repository, parsed)
        target = stored_target(repository, manifest, parsed, registry_url=None)
        targets = [target]
        if isinstance(parsed, Digest):
            names = tags.list_names(connection, manifest.id)
            targets += [replace(target, tag=name) for name in names]
            tags.remove(connection, manifest.id)
            referrers.remove(connection, manifest.id)
            children.remove(connection, manifest.id)
            manifests.remove(connection, manifest.id)
        else:
            tags.remove(connection, manifest.id, parsed)
        own.announcer.announce(
            transaction, [make_event(Action.DELETE, gone) for gone in targets]
        )
    return accepted()


def _refuse_haste(repository: str) -> None:
    """Raise `TooManyRequests` if the caller pushes too many manifests a second."""
    caller = current_caller()
    who = client_network() if caller.name is None else caller.subject
    if wait_s := services().manifest_rate.take((who, repository)):
        raise TooManyRequests(wait_s, {"reason": "too many manifests a second"})


def _tags(reference: str | Digest) -> list[str]:
    """Return the tags that a push is to set: the reference, or ``?tag=``, end-7b."""
    asked = [parse_tag(text) for text in request.args.getlist("tag")[: _MAX_TAGS + 1]]
    if len(asked) > _MAX_TAGS:
        raise SizeInvalid({"reason": f"more than {_MAX_TAGS} tags in one push"})
    own = [] if isinstance(reference, Digest) else [reference]
    return list(dict.fromkeys(own + asked))


def _content() -> bytes:
    length = request.content_length
    if length is not None and length > documents.MAX_SIZE:
        raise ManifestTooLarge({"limit": documents.MAX_SIZE})
    content = bytearray()
    while chunk := request.stream.read(documents.MAX_SIZE + 1 - len(content)):
        content += chunk
        if len(content) > documents.MAX_SIZE:
            raise ManifestTooLarge({"limit": documents.MAX_SIZE})
    if length is not None and len(content) != length:
        raise SizeInvalid({"received": len(content), "expected": length})
    return bytes(content)


def _digest(document: ManifestDocument, reference: str | Digest) -> Digest:
    if not isinstance(reference, Digest):
        return Digest.of(document.content)
    actual = Digest.of(document.content, reference.algorithm)
    if actual != reference:
        raise DigestInvalid({"digest": reference, "content": actual})
    return actual


def _put(
    transaction: Transaction,
    repository: str,
    digest: Digest,
    document: ManifestDocument,
    names: list[str],
) -> list[Event]:
    own = services()
    connection = transaction.connection
    repository_id = own.catalog.enter(transaction, repository)
    repositories.lock(connection, repository)
    sparse = own.settings.manifest_references is References.SPARSE
    manifests.check_references(connection, repository_id, document, sparse=sparse)
    manifest_id = manifests.put(connection, repository_id, digest, document)
    if document.subject is not None:
        referrers.put(connection, repository_id, manifest_id, digest, document)
    children.put(connection, repository_id, manifest_id, document)
    changes = [
        (name, tags.put(connection, repository_id, name, manifest_id)) for name in names
    ]
    return _push_events(repository, digest, document, changes)


def _push_events(
    repository: str,
    digest: Digest,
    document: ManifestDocument,
    changes: list[tuple[str, Digest | None]],
) -> list[Event]:
    """Make one event for each tag, each with what its tag pointed to before."""
    descriptor = Descriptor(
        media_type=document.media_type, digest=digest, size=len(document.content)
    )
    target = manifest_target(
        repository,
        descriptor,
        registry_url=registry_url(),
        artifact_type=document.artifact_type,
        document=document if services().settings.event_references else None,
    )
    if not changes:
        return [make_event(Action.PUSH, target)]
    return [
        make_event(
            Action.PUSH,
            replace(target, tag=name),
            tag_change=_change(previous, digest),
            previous_digest=previous,
        )
        for name, previous in changes
    ]


def _change(previous: Digest | None, digest: Digest) -> TagChange:
    if previous is None:
        return TagChange.NEW
    return TagChange.UNCHANGED if previous == digest else TagChange.MOVED
