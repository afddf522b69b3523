"""Tags: what they point to, what they pointed to, and when that was last used."""

from typing import Any

from werkzeug.exceptions import NotFound

from notifier.audit.timelines.tag_history import TagHistory
from notifier.audit.timelines.tagged import list_tagged, parse_place, render_place
from notifier.registry.errors import RegistryError
from notifier.registry.reference import parse_repository, parse_tag
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import (
    LINK_HEADER,
    Answer,
    cursor_of,
    render_items,
    render_page,
)
from notifier.web.api.schemas.tags import (
    HistoryQuerySchema,
    SpanPageSchema,
    TaggedPageSchema,
    TagQuerySchema,
)
from notifier.web.api.usage import selection_of
from notifier.web.auth.needs import Need
from notifier.web.auth.visibility import require_visible
from notifier.web.services import services

blueprint = Blueprint("tags", __name__, "What tags point to, now and before.")

_HISTORY = "tag_history"
_LISTING = "tags"


@blueprint.route("/tags", needs=Need.AUDITOR)
@blueprint.arguments(TagQuerySchema, location="query")
@blueprint.response(200, TaggedPageSchema, headers=LINK_HEADER)
@blueprint.alt_response(503, "SERVICE_UNAVAILABLE")
def list_tags(arguments: dict[str, Any]) -> Answer:
    """List what tags point to, and when that was last used.

    It is what is here now, by the names of repository and tag. With `unpulled_for`, it
    is what nobody has pulled for that long, nor pushed: what was never pulled counts
    from its last push, and an index is used as long as anything that it lists is. A
    `HEAD` is no pull.
    """
    own = services()
    text = arguments.get("cursor")
    after = None if text is None else parse_place(text)
    selection = selection_of(arguments)
    with own.database.read() as connection:
        items, next_ = list_tagged(
            connection, own.recorder, selection, limit=arguments["limit"], after=after
        )
    return render_items(items, next_ and render_place(next_))


@blueprint.route(
    "/repositories/<path:repository>/tags/<tag>/history", needs=Need.AUDITOR
)
@blueprint.arguments(HistoryQuerySchema, location="query")
@blueprint.response(200, SpanPageSchema, headers=LINK_HEADER)
@blueprint.alt_response(404, "NOT_FOUND")
def list_history(arguments: dict[str, Any], repository: str, tag: str) -> Answer:
    """Tell what a tag has pointed to, and from when to when, the newest first.

    With `at`, there is one item at most: what it pointed to then. A push of what it
    points to already changes nothing. What has left the log is not told, nor what
    another registry has not told of.
    """
    try:
        parse_repository(repository)
        parse_tag(tag)
    except RegistryError:
        raise NotFound("No tag can be called so.") from None
    require_visible(repository)
    own = services()
    before = cursor_of(_HISTORY, arguments)
    with own.database.read() as connection:
        history = TagHistory(connection, own.recorder, repository, tag)
        if "at" in arguments:
            found = history.find(arguments["at"])
            return render_page(_HISTORY, [found] if found else [], None)
        spans, next_ = history.list(limit=arguments["limit"], before=before)
    return render_page(_HISTORY, spans, next_)
