"""Upload sessions: a blob comes in, in one piece or in several, or from next door."""

from uuid import UUID

import sqlalchemy as sa
from flask import Response, request
from msgspec.structs import replace

from notifier.access.permits import Permit
from notifier.db import Transaction
from notifier.events.event import Action, Target
from notifier.registry import blobs, uploads
from notifier.registry.digest import Digest
from notifier.registry.errors import (
    BlobCollected,
    BlobUnknown,
    BlobUploadUnknown,
    DigestInvalid,
    NameInvalid,
)
from notifier.registry.reference import parse_repository
from notifier.web.auth.callers import current_caller
from notifier.web.requests import registry_url
from notifier.web.services import services
from notifier.web.v2.announcements import blob_target, blob_url, make_event
from notifier.web.v2.base import created
from notifier.web.v2.bodies import current_body, current_limits, too_large_is_heard


def post_upload(repository: str) -> Response:
    """Begin a session; or take the whole blob at once; or mount a blob."""
    repository = parse_repository(repository)
    if "mount" in request.args:
        mounted = _mount(repository, request.args["mount"], request.args.get("from"))
        if mounted is not None:
            return mounted
    elif "digest" in request.args:
        digest = Digest.parse(request.args["digest"])
        with too_large_is_heard():
            size = uploads.receive_whole(
                services().storage,
                repository,
                digest,
                current_body(),
                limits=current_limits(),
            )
        return _push(repository, digest, size)
    upload = uploads.begin(
        services().storage,
        repository,
        request.args.get("digest-algorithm"),
        limits=current_limits(),
    )
    return _session(repository, upload, 0, 202)


def get_upload(repository: str, upload: str) -> Response:
    """Say how far a session is."""
    repository, id_ = parse_repository(repository), _parse_id(upload)
    size = uploads.get_size(services().storage, repository, id_)
    return _session(repository, id_, size, 204)


def patch_upload(repository: str, upload: str) -> Response:
    """Add a chunk, or a stream of unknown length."""
    repository, id_ = parse_repository(repository), _parse_id(upload)
    with too_large_is_heard():
        size = uploads.append(
            services().storage, repository, id_, current_body(), limits=current_limits()
        )
    return _session(repository, id_, size, 202)


def put_upload(repository: str, upload: str) -> Response:
    """Add the last chunk, if there is one, and make the session a blob."""
    repository, id_ = parse_repository(repository), _parse_id(upload)
    digest = Digest.parse(request.args.get("digest", ""))
    with too_large_is_heard():
        size = uploads.finish(
            services().storage,
            repository,
            id_,
            digest,
            current_body(),
            limits=current_limits(),
        )
    return _push(repository, digest, size)


def delete_upload(repository: str, upload: str) -> Response:
    """Cancel a session."""
    repository, id_ = parse_repository(repository), _parse_id(upload)
    uploads.cancel(services().storage, repository, id_)
    response = Response(status=204)
    response.headers["Docker-Upload-UUID"] = upload
    return response


def _mount(repository: str, mount: str, source: str | None) -> Response | None:
    """Link a blob of another repository; None if that cannot be, so that it is sent.

    Without a *source* any repository that has the blob will do, as long as whoever asks
    may read there.
    """
    database = services().database
    try:
        digest = Digest.parse(mount)
        with database.read() as connection:
            services().storage.claim_blob(digest)
            owner = _find_owner(connection, digest, source)
            if owner is None:
                return None
            blobs.get_size(connection, owner, digest)
        with database.transaction() as transaction:
            # Asked once more, now that nobody can delete it in between.
            size = blobs.get_size(transaction.connection, owner, digest)
            target = blob_target(repository, digest, size, registry_url())
            target = replace(target, from_repository=owner)
            _link(transaction, Action.MOUNT, target, digest, size)
    except (BlobCollected, BlobUnknown, DigestInvalid, NameInvalid):
        return None
    return _created(repository, digest)


def _find_owner(
    connection: sa.Connection, digest: Digest, source: str | None
) -> str | None:
    """Return the repository to mount from: *source*, or any; None if it is secret."""
    named = (
        blobs.list_owners(connection, digest)
        if source is None
        else [parse_repository(source)]
    )
    caller = current_caller()
    return next((name for name in named if caller.may(Permit.PULL, name)), None)


def _push(repository: str, digest: Digest, size: int) -> Response:
    target = blob_target(repository, digest, size, registry_url())
    with services().database.transaction() as transaction:
        _link(transaction, Action.PUSH, target, digest, size)
    return _created(repository, digest)


def _link(
    transaction: Transaction, action: Action, target: Target, digest: Digest, size: int
) -> None:
    own = services()
    name = target.repository or ""
    repository_id = own.catalog.enter(transaction, name)
    blobs.link(transaction.connection, repository_id, digest, size)
    if own.storage.blob_size(digest) != size:
        # It was there a moment ago, and a collection has taken it away.
        raise BlobCollected({"digest": digest})
    own.announcer.announce(transaction, [make_event(action, target)])


def _created(repository: str, digest: Digest) -> Response:
    location = blob_url(registry_url(), repository, digest)
    return created(location, {"Docker-Content-Digest": digest})


def _session(repository: str, upload: UUID, size: int, status: int) -> Response:
    response = Response(status=status)
    del response.headers["Content-Type"]
    response.headers["Location"] = (
        f"{registry_url()}/v2/{repository}/blobs/uploads/{upload}"
    )
    response.headers["Range"] = f"0-{max(size - 1, 0)}"
    response.headers["Docker-Upload-UUID"] = str(upload)
    return response


def _parse_id(text: str) -> UUID:
    try:
        id_ = UUID(text)
    except ValueError:
        raise BlobUploadUnknown({"upload": text[:64]}) from None
    if str(id_) != text:
        raise BlobUploadUnknown({"upload": text[:64]})
    return id_
