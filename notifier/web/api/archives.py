"""Archives: what has left the log, and can come back."""

from typing import Any
from uuid import UUID

from notifier.audit.retention import archives
from notifier.audit.retention.archive import Archive
from notifier.events.event import Action
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer, list_page
from notifier.web.api.record import record
from notifier.web.api.schemas.archives import (
    ArchivePageSchema,
    ArchiveQuerySchema,
    ArchiveSchema,
)
from notifier.web.auth.needs import Need
from notifier.web.services import services

blueprint = Blueprint("archives", __name__, "What has left the log.")


@blueprint.route("/archives", needs=Need.OPERATOR)
@blueprint.arguments(ArchiveQuerySchema, location="query")
@blueprint.response(200, ArchivePageSchema, headers=LINK_HEADER)
def list_archives(arguments: dict[str, Any]) -> Answer:
    """List archives, the newest first."""
    with services().database.read() as connection:
        return list_page(
            "archives",
            arguments,
            lambda before, limit: archives.list_archives(
                connection,
                since=arguments.get("since"),
                until=arguments.get("until"),
                before=before,
                limit=limit,
            ),
        )


@blueprint.route("/archives/<uuid:archive_id>", needs=Need.OPERATOR)
@blueprint.response(200, ArchiveSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_archive(archive_id: UUID) -> Archive:
    """Show an archive."""
    with services().database.read() as connection:
        return archives.get_archive(connection, archive_id)


@blueprint.route(
    "/archives/<uuid:archive_id>/restoration", methods=["POST"], needs=Need.OPERATOR
)
@blueprint.response(202, ArchiveSchema)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def restore_archive(archive_id: UUID) -> Archive:
    """Restore: have the workers put an archive's events back into the log.

    They are as they were, nobody is told of them, and no run takes them away again
    until the archive is released.
    """
    with services().database.transaction() as transaction:
        archive = archives.restore(transaction, archive_id)
        record(transaction, Action.ARCHIVE_RESTORE, **archive.described())
    return archive


@blueprint.route(
    "/archives/<uuid:archive_id>/release", methods=["POST"], needs=Need.OPERATOR
)
@blueprint.response(202, ArchiveSchema)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def release_archive(archive_id: UUID) -> Archive:
    """Release: have the workers take the events of a restored archive away again."""
    with services().database.transaction() as transaction:
        archive = archives.release(transaction, archive_id)
        record(transaction, Action.ARCHIVE_RELEASE, **archive.described())
    return archive
