"""Sources: make them, change them, and see what of theirs could not be read."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify, url_for

from notifier.events.event import Action
from notifier.ingest import rejects
from notifier.ingest import sources as store
from notifier.ingest.source import IngestSource
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer, list_page
from notifier.web.api.record import record
from notifier.web.api.schemas.paging import PageQuerySchema
from notifier.web.api.schemas.sources import (
    NewSourceSchema,
    RejectPageSchema,
    SourceChangesSchema,
    SourcePageSchema,
    SourceSchema,
    SourceWithTokenSchema,
)
from notifier.web.auth.needs import Need
from notifier.web.services import services

blueprint = Blueprint("sources", __name__, "Where other registries send events.")

_SOURCE = SourceSchema()
_LOCATION_HEADER = {
    "Location": {"description": "The source.", "schema": {"type": "string"}}
}


@blueprint.route("/sources", methods=["POST"], needs=Need.OPERATOR)
@blueprint.arguments(NewSourceSchema)
@blueprint.response(201, SourceWithTokenSchema, headers=_LOCATION_HEADER)
@blueprint.alt_response(409, "CONFLICT")
def create_source(fields: dict[str, Any]) -> tuple[Response, int, dict[str, str]]:
    """Create a source.

    The answer holds its token, this once.
    """
    with services().database.transaction() as transaction:
        source, token = store.create(transaction, **fields)
        record(transaction, Action.SOURCE_CREATE, source=source.named())
    location = url_for(".get_source", source_id=source.id)
    return _with_token(source, token), 201, {"Location": location}


@blueprint.route("/sources", needs=Need.OPERATOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, SourcePageSchema, headers=LINK_HEADER)
def list_sources(arguments: dict[str, Any]) -> Answer:
    """List sources."""
    with services().database.read() as connection:
        return list_page(
            "sources",
            arguments,
            lambda before, limit: store.list_sources(
                connection, before=before, limit=limit
            ),
        )


@blueprint.route("/sources/<uuid:source_id>", needs=Need.OPERATOR)
@blueprint.response(200, SourceSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_source(source_id: UUID) -> IngestSource:
    """Show a source."""
    with services().database.read() as connection:
        return store.get(connection, source_id)


@blueprint.route("/sources/<uuid:source_id>", methods=["PATCH"], needs=Need.OPERATOR)
@blueprint.arguments(SourceChangesSchema)
@blueprint.response(200, SourceSchema)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def change_source(fields: dict[str, Any], source_id: UUID) -> IngestSource:
    """Change a source. Events that are in the log stay as they are."""
    with services().database.transaction() as transaction:
        source = store.update(transaction, source_id, **fields)
        record(
            transaction,
            Action.SOURCE_UPDATE,
            source=source.named(),
            fields=sorted(fields),
        )
    services().senders.look_again()
    return source


@blueprint.route(
    "/sources/<uuid:source_id>/token", methods=["POST"], needs=Need.OPERATOR
)
@blueprint.response(201, SourceWithTokenSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def rotate_token(source_id: UUID) -> tuple[Response, int]:
    """Give a source another token.

    The one before is good for nothing from now on.
    """
    with services().database.transaction() as transaction:
        source, token = store.rotate(transaction, source_id)
        record(transaction, Action.SOURCE_ROTATE, source=source.named())
    services().senders.look_again()
    return _with_token(source, token), 201


@blueprint.route("/sources/<uuid:source_id>", methods=["DELETE"], needs=Need.OPERATOR)
@blueprint.response(204)
@blueprint.alt_response(404, "NOT_FOUND")
def remove_source(source_id: UUID) -> Response:
    """Remove a source. Its events stay in the log."""
    with services().database.transaction() as transaction:
        source = store.remove(transaction, source_id)
        record(transaction, Action.SOURCE_REMOVE, source=source.named())
    services().senders.look_again()
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


@blueprint.route("/sources/<uuid:source_id>/rejects", needs=Need.OPERATOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, RejectPageSchema, headers=LINK_HEADER)
@blueprint.alt_response(404, "NOT_FOUND")
def list_rejects(arguments: dict[str, Any], source_id: UUID) -> Answer:
    """List what a source was sent and could not be read.

    The newest thousand of the last 30 days are kept; what comes again is kept once.
    """
    with services().database.read() as connection:
        store.get(connection, source_id)
        return list_page(
            "rejects",
            arguments,
            lambda before, limit: rejects.list_rejects(
                connection, source_id, before=before, limit=limit
            ),
        )


def _with_token(source: IngestSource, token: str) -> Response:
    return jsonify(_SOURCE.dump(source) | {"token": token})
