"""Events: who pushed, pulled, mounted or deleted what, and when."""

from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from flask import Response, jsonify

from notifier.audit.answers import Entry, EventUnknown, find, get_entry
from notifier.audit.items import render_items
from notifier.delivery.deliveries import list_deliveries
from notifier.delivery.verdicts import judge
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer, cursor_of, render_page
from notifier.web.api.schemas.deliveries import DeliverySchema
from notifier.web.api.schemas.events import (
    EntryDetailSchema,
    EntryPageSchema,
    EntrySchema,
    EventQuerySchema,
)
from notifier.web.api.schemas.paging import PageQuerySchema
from notifier.web.api.schemas.verdicts import VerdictPageSchema
from notifier.web.api.visibility import visible_part
from notifier.web.auth.needs import Need
from notifier.web.auth.visibility import may_see
from notifier.web.services import services

blueprint = Blueprint("events", __name__, "The audit log.")

_LISTING = "verdicts"
_ENTRY = EntrySchema()
_DELIVERIES = DeliverySchema(many=True)
_MAX_DELIVERIES = 1000


@blueprint.route("/events", needs=Need.AUDITOR)
@blueprint.arguments(EventQuerySchema, location="query")
@blueprint.response(200, EntryPageSchema, headers=LINK_HEADER)
def list_events(arguments: dict[str, Any]) -> Response:
    """Ask the audit log.

    Without a question it is all that the caller may see. A page may be short, or empty,
    and still have a `next`: a question that few events meet is answered in steps.
    """
    own = services()
    after = cursor_of("events", arguments)
    question = visible_part(arguments["question"])
    limit = arguments["limit"]
    with own.database.read() as connection:
        found = find(connection, own.recorder, question, wanted=limit + 1, after=after)
        ids, next_ = found.page(limit)
        items = render_items(connection, own.recorder, ids)
    page, headers = render_page("events", [], next_)
    body = b'{"items":[%b],"next":%b}\n' % (
        b",".join(item for item in items if item is not None),
        orjson.dumps(page["next"]),
    )
    return Response(body, headers=headers, content_type="application/json")


@blueprint.route("/events/<uuid:event_id>", needs=Need.AUDITOR)
@blueprint.response(200, EntryDetailSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_event(event_id: UUID) -> Response:
    """Show an event, and where it was delivered."""
    own = services()
    with own.database.read() as connection:
        entry = _visible_entry(connection, event_id)
        deliveries = list_deliveries(connection, event=event_id, limit=_MAX_DELIVERIES)
    return jsonify(_ENTRY.dump(entry) | {"deliveries": _DELIVERIES.dump(deliveries)})


@blueprint.route("/events/<uuid:event_id>/deliveries", needs=Need.AUDITOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, VerdictPageSchema, headers=LINK_HEADER)
@blueprint.alt_response(404, "NOT_FOUND")
def list_verdicts(arguments: dict[str, Any], event_id: UUID) -> Answer:
    """Tell of every endpoint whether it wanted an event.

    If it did not, what refused the event is named; if it did, there is its delivery.
    Endpoints that were removed are left out: the event itself lists their deliveries.
    """
    own = services()
    before, limit = cursor_of(_LISTING, arguments), arguments["limit"]
    with own.database.read() as connection:
        entry = _visible_entry(connection, event_id)
        found = own.endpoints.list(connection, after=before, limit=limit + 1)
        verdicts = judge(connection, entry.event, entry.recorded_at, found[:limit])
    return render_page(
        _LISTING, verdicts, found[limit - 1].id if len(found) > limit else None
    )


def _visible_entry(connection: sa.Connection, event_id: UUID) -> Entry:
    """Return an entry that the caller may see; to them, there are no others."""
    entry = get_entry(connection, services().recorder, event_id)
    if not may_see(entry.event.target.repository):
        raise EventUnknown
    return entry
