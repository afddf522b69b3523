"""Replays: history sent to an endpoint, in the background."""

from typing import Any
from uuid import UUID

from flask import url_for

from notifier.delivery.repair.repairs import (
    Repair,
    RepairKind,
    get_repair,
)
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer
from notifier.web.api.repairs import Created, answer_list, cancel, create
from notifier.web.api.schemas.paging import PageQuerySchema
from notifier.web.api.schemas.repairs import (
    CountSchema,
    NewReplaySchema,
    RepairQuerySchema,
    ReplayPageSchema,
    ReplaySchema,
)
from notifier.web.auth.needs import Need
from notifier.web.services import services

blueprint = Blueprint("replays", __name__, "History, sent to an endpoint.")

_REPLAY = ReplaySchema()
_LOCATION_HEADER = {
    "Location": {"description": "The replay.", "schema": {"type": "string"}}
}


@blueprint.route(
    "/endpoints/<uuid:endpoint_id>/replays", methods=["POST"], needs=Need.OPERATOR
)
@blueprint.arguments(NewReplaySchema)
@blueprint.response(202, ReplaySchema, headers=_LOCATION_HEADER)
@blueprint.alt_response(200, schema=CountSchema, description="Of a dry run.")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def create_replay(fields: dict[str, Any], endpoint_id: UUID) -> Created:
    """Replay: send events of the log to an endpoint, as if they happened now.

    The workers do it, the oldest event first, and no faster than the endpoint takes
    them. Each event is sent once for each replay, whether the endpoint has had it or
    not, under the id that it always has.
    """
    return create(
        endpoint_id=endpoint_id,
        schema=_REPLAY,
        locate=lambda id_: url_for("replays.get_replay", replay_id=id_),
        **fields,
    )


@blueprint.route("/endpoints/<uuid:endpoint_id>/replays", needs=Need.OPERATOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, ReplayPageSchema, headers=LINK_HEADER)
@blueprint.alt_response(404, "NOT_FOUND")
def list_endpoint_replays(arguments: dict[str, Any], endpoint_id: UUID) -> Answer:
    """List the replays to an endpoint."""
    return answer_list("replays", RepairKind.REPLAY, arguments, endpoint_id)


@blueprint.route("/replays", needs=Need.OPERATOR)
@blueprint.arguments(RepairQuerySchema, location="query")
@blueprint.response(200, ReplayPageSchema, headers=LINK_HEADER)
def list_replays(arguments: dict[str, Any]) -> Answer:
    """List replays."""
    return answer_list("replays", RepairKind.REPLAY, arguments)


@blueprint.route("/replays/<uuid:replay_id>", needs=Need.OPERATOR)
@blueprint.response(200, ReplaySchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_replay(replay_id: UUID) -> Repair:
    """Show a replay, and how far it has come."""
    with services().database.read() as connection:
        return get_repair(connection, RepairKind.REPLAY, replay_id)


@blueprint.route(
    "/replays/<uuid:replay_id>/cancellation", methods=["POST"], needs=Need.OPERATOR
)
@blueprint.response(200, ReplaySchema)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def cancel_replay(replay_id: UUID) -> Repair:
    """Cancel a replay. What is due by now is still sent."""
    return cancel(RepairKind.REPLAY, replay_id)
