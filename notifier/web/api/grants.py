"""Grants: who may do what, in which repositories."""

from typing import Any
from uuid import UUID

from flask import Response

from notifier.access import grants
from notifier.access.grants import Grant, described
from notifier.events.event import Action
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer, list_page
from notifier.web.api.record import record
from notifier.web.api.schemas.access import (
    GrantPageSchema,
    GrantQuerySchema,
    GrantSchema,
    NewGrantSchema,
)
from notifier.web.auth.needs import Need
from notifier.web.services import services

blueprint = Blueprint("grants", __name__, "Who may do what.")


@blueprint.route("/grants", methods=["POST"], needs=Need.ADMIN)
@blueprint.arguments(NewGrantSchema)
@blueprint.response(201, GrantSchema)
@blueprint.alt_response(409, "CONFLICT")
def create_grant(fields: dict[str, Any]) -> Grant:
    """Grant something to a subject. It counts at once, or within a second elsewhere."""
    with services().database.transaction() as transaction:
        grant = grants.add(transaction, **fields)
        record(transaction, Action.GRANT_CREATE, grant=described(grant))
    services().authenticator.look_again()
    return grant


@blueprint.route("/grants", needs=Need.ADMIN)
@blueprint.arguments(GrantQuerySchema, location="query")
@blueprint.response(200, GrantPageSchema, headers=LINK_HEADER)
def list_grants(arguments: dict[str, Any]) -> Answer:
    """List grants."""
    with services().database.read() as connection:
        return list_page(
            "grants",
            arguments,
            lambda before, limit: grants.list_grants(
                connection,
                subject=arguments.get("subject"),
                after=before,
                limit=limit,
            ),
        )


@blueprint.route("/grants/<uuid:grant_id>", needs=Need.ADMIN)
@blueprint.response(200, GrantSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_grant(grant_id: UUID) -> Grant:
    """Show a grant."""
    with services().database.read() as connection:
        return grants.get(connection, grant_id)


@blueprint.route("/grants/<uuid:grant_id>", methods=["DELETE"], needs=Need.ADMIN)
@blueprint.response(204)
@blueprint.alt_response(404, "NOT_FOUND")
def remove_grant(grant_id: UUID) -> Response:
    """Take a grant away."""
    with services().database.transaction() as transaction:
        grant = grants.remove(transaction, grant_id)
        record(transaction, Action.GRANT_REMOVE, grant=described(grant))
    services().authenticator.look_again()
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response
