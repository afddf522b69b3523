"""Retention: how long what is kept, and the runs that see to it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response, jsonify, url_for

from notifier.audit.retention import dry_run as dry
from notifier.audit.retention import rulebook, runs
from notifier.audit.retention.rulebook import Rulebook, get_rulebook
from notifier.audit.retention.rules import RetentionRule, Rules
from notifier.audit.retention.runs import Run
from notifier.audit.retention.worker import require_lasting
from notifier.events.event import Action
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer, list_page
from notifier.web.api.record import record
from notifier.web.api.schemas.paging import PageQuerySchema
from notifier.web.api.schemas.retention import (
    DryRunSchema,
    NewRunSchema,
    RetentionSchema,
    RulesSchema,
    RunPageSchema,
    RunSchema,
)
from notifier.web.auth.needs import Need
from notifier.web.services import services

blueprint = Blueprint("retention", __name__, "How long what is kept.")

# A client may wait for this long; what was counted by then is told. Half of that time
# is left to the other requests.
_COUNT_FOR_S, _COUNT_RESTS = 5.0, 1.0
_RUN, _DRY_RUN = RunSchema(), DryRunSchema()
_LOCATION_HEADER = {
    "Location": {"description": "The run.", "schema": {"type": "string"}}
}

_Created = tuple[Response, int, dict[str, str]]


@blueprint.route("/retention", needs=Need.OPERATOR)
@blueprint.response(200, RetentionSchema)
def get_rules() -> Rulebook:
    """Show the rules by which events leave the log for archives."""
    with services().database.read() as connection:
        return get_rulebook(connection)


@blueprint.route("/retention", methods=["PUT"], needs=Need.ADMIN)
@blueprint.arguments(RulesSchema)
@blueprint.response(200, RetentionSchema)
@blueprint.alt_response(409, "CONFLICT")
def put_rules(fields: dict[str, list[RetentionRule]]) -> Rulebook:
    """Replace the rules. A run that is under way ends; the workers begin the next.

    Events that are in archives stay there, whatever the new rules say.
    """
    rules = fields["rules"]
    if rules:
        require_lasting(services().storage)
    with services().database.transaction() as transaction:
        changed = rulebook.put_rules(transaction, rules)
        runs.cancel_active(transaction)
        rendered = [rule.render() for rule in rules]
        record(transaction, Action.RETENTION_UPDATE, rules=rendered)
    return changed


@blueprint.route("/retention/runs", methods=["POST"], needs=Need.OPERATOR)
@blueprint.arguments(NewRunSchema)
@blueprint.response(202, RunSchema, headers=_LOCATION_HEADER)
@blueprint.alt_response(200, schema=DryRunSchema, description="Of a dry run.")
@blueprint.alt_response(409, "CONFLICT")
def create_run(fields: dict[str, Any]) -> _Created:
    """Run: have what is past its time leave the log now.

    The workers do it, as they do by themselves each day: the oldest first, into files
    of the storage, and so that pushes and questions do not wait for it.
    """
    if fields["dry_run"]:
        return _count(fields.get("rules"))
    with services().database.transaction() as transaction:
        run = runs.create_run(transaction)
        record(transaction, Action.RETENTION_RUN, run={"id": str(run.id)})
    location = url_for(".get_run", run_id=run.id)
    return jsonify(_RUN.dump(run)), 202, {"Location": location}


@blueprint.route("/retention/runs", needs=Need.OPERATOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, RunPageSchema, headers=LINK_HEADER)
def list_runs(arguments: dict[str, Any]) -> Answer:
    """List runs: those that were asked for, and those of each day."""
    with services().database.read() as connection:
        return list_page(
            "retention",
            arguments,
            lambda before, limit: runs.list_runs(
                connection, before=before, limit=limit
            ),
        )


@blueprint.route("/retention/runs/<uuid:run_id>", needs=Need.OPERATOR)
@blueprint.response(200, RunSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_run(run_id: UUID) -> Run:
    """Show a run, and how far it has come."""
    with services().database.read() as connection:
        return runs.get_run(connection, run_id)


@blueprint.route(
    "/retention/runs/<uuid:run_id>/cancellation",
    methods=["POST"],
    needs=Need.OPERATOR,
)
@blueprint.response(200, RunSchema)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def cancel_run(run_id: UUID) -> Run:
    """Cancel a run. What is in archives by then stays there."""
    with services().database.transaction() as transaction:
        run = runs.cancel_run(transaction, run_id)
        record(transaction, Action.RETENTION_CANCEL, run={"id": str(run.id)})
    return run


def _count(rules: Rules | None) -> _Created:
    """Count what would go by *rules*, or by those that are set."""
    own = services()
    with own.database.read() as connection:
        counted = dry.count(
            connection,
            own.recorder,
            get_rulebook(connection).rules if rules is None else rules,
            datetime.now(UTC),
            for_s=_COUNT_FOR_S,
            rests=_COUNT_RESTS,
        )
    return jsonify(_DRY_RUN.dump(counted)), 200, {}
