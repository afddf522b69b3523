"""Blobs: read them, whole or in part, and delete them."""

from flask import Response

from notifier.events.event import Action
from notifier.registry import blobs
from notifier.registry.digest import Digest
from notifier.registry.errors import BlobUnknown
from notifier.registry.reference import parse_repository
from notifier.web.services import services
from notifier.web.v2.announcements import blob_target, make_event
from notifier.web.v2.base import accepted, answer_read, refuse_deletes_if_off
from notifier.web.v2.reads import read_blob


def get_blob(repository: str, digest: str) -> Response:
    """Send a blob, or the range of it that is asked for."""
    return answer_read(read_blob, repository, digest)


def delete_blob(repository: str, digest: str) -> Response:
    """Make a blob invisible in a repository, at once."""
    refuse_deletes_if_off()
    repository, checked = parse_repository(repository), Digest.parse(digest)
    own = services()
    with own.database.transaction() as transaction:
        connection = transaction.connection
        size = blobs.get_size(connection, repository, checked)
        if not blobs.unlink(connection, repository, checked):
            # It was there a moment ago.
            raise BlobUnknown({"digest": checked})
        target = blob_target(repository, checked, size, registry_url=None)
        own.announcer.announce(transaction, [make_event(Action.DELETE, target)])
    return accepted()
