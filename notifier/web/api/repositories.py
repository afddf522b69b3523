"""Repositories: how often they are pulled from, and when."""

from typing import Any

from flask import Response, jsonify
from werkzeug.exceptions import NotFound

from notifier.audit.cursor import parse_names, render_names
from notifier.audit.timelines.repositories import get_used, list_used
from notifier.audit.timelines.tables import ALL_MANIFESTS
from notifier.audit.timelines.usage import list_days
from notifier.registry.errors import RegistryError
from notifier.registry.reference import parse_repository
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer, render_items
from notifier.web.api.schemas.repositories import (
    RepositoryDetailSchema,
    RepositoryPageSchema,
    RepositoryQuerySchema,
    RepositorySchema,
)
from notifier.web.api.schemas.usage import DaySchema, DaysQuerySchema
from notifier.web.api.usage import selection_of
from notifier.web.auth.needs import Need
from notifier.web.auth.visibility import require_visible
from notifier.web.services import services

blueprint = Blueprint("repositories", __name__, "How repositories are used.")

_LISTING = "repositories"
_REPOSITORY = RepositorySchema()
_DAYS = DaySchema(many=True)


@blueprint.route("/repositories", needs=Need.AUDITOR)
@blueprint.arguments(RepositoryQuerySchema, location="query")
@blueprint.response(200, RepositoryPageSchema, headers=LINK_HEADER)
@blueprint.alt_response(503, "SERVICE_UNAVAILABLE")
def list_repositories(arguments: dict[str, Any]) -> Answer:
    """List the repositories that the log knows, by their names.

    With `unpulled_for`, those from which nobody has pulled a manifest for that long,
    nor pushed one.
    """
    own = services()
    text = arguments.get("cursor")
    after = "" if text is None else parse_names(_LISTING, text)[0]
    selection = selection_of(arguments)
    with own.database.read() as connection:
        items, next_ = list_used(
            connection, selection, limit=arguments["limit"], after=after
        )
    return render_items(items, next_ and render_names(_LISTING, [next_]))


@blueprint.route("/repositories/<path:repository>", needs=Need.AUDITOR)
@blueprint.arguments(DaysQuerySchema, location="query")
@blueprint.response(200, RepositoryDetailSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_repository(arguments: dict[str, Any], repository: str) -> Response:
    """Show how often a repository is pulled from, by the day.

    One whose own name ends in `/tags/…/history` is only found by the list of all.
    """
    try:
        parse_repository(repository)
    except RegistryError:
        raise NotFound("No repository can be called so.") from None
    require_visible(repository)
    own = services()
    own.counting.catch_up()
    with own.database.read() as connection:
        found = get_used(connection, own.recorder, repository)
        days = list_days(
            connection,
            ALL_MANIFESTS,
            [found.number],
            arguments["until"],
            arguments["days"],
        )
    return jsonify(_REPOSITORY.dump(found) | {"days": _DAYS.dump(days)})
