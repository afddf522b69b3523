"""Ingest: what other registries send is taken in, unchanged.

A sender proves itself by the token of its source, in whatever way it can. No answer
tells whether it is the source that is unknown or the token that is wrong.
"""

import time
from typing import Any, Final

import orjson
from flask import Request, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from notifier.ingest.bodies import MAX_EVENTS
from notifier.ingest.source import IngestSource, Receipt
from notifier.web.api.base import Blueprint, read_body
from notifier.web.api.schemas.sources import TallySchema
from notifier.web.auth.denials import record_denial
from notifier.web.auth.needs import Need
from notifier.web.auth.source_tokens import PARAMETER, tokens_of
from notifier.web.errors import problem
from notifier.web.gates.ingest import MAX_BODY
from notifier.web.services import services

_MIB: Final = 1024 * 1024
_CHALLENGE: Final = 'Bearer realm="ingest", Basic realm="ingest"'
_BODY: Final[dict[str, Any]] = {
    "required": True,
    "description": "What the registry sends of itself. Any content type of JSON will "
    f"do; {MAX_BODY // _MIB} MiB and {MAX_EVENTS:,} events at most.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
_PARAMETERS: Final = [
    {
        "in": "query",
        "name": PARAMETER,
        "description": "The token of the source, for senders that can do no better "
        "than `Authorization` (Bearer, or Basic with the token as password) or "
        "`X-Notifier-Token`.",
        "schema": {"type": "string"},
    }
]

blueprint = Blueprint("ingest", __name__, "What other registries send.")


@blueprint.route("/ingest/<name>", methods=["POST"], needs=Need.SOURCE)
@blueprint.doc(requestBody=_BODY, parameters=_PARAMETERS)
@blueprint.response(200, TallySchema)
@blueprint.alt_response(400, "BAD_REQUEST")
@blueprint.alt_response(401, "UNAUTHORIZED")
@blueprint.alt_response(403, "FORBIDDEN")
@blueprint.alt_response(413, "REQUEST_ENTITY_TOO_LARGE")
@blueprint.alt_response(415, "UNSUPPORTED_MEDIA_TYPE")
def ingest(name: str) -> Response:
    """Take in the notifications of another registry.

    They are in the log when this is answered. An event that comes again is not recorded
    again; one that cannot be read is kept aside, and the others go in.
    """
    own = services()
    tokens = list(tokens_of(request.environ))
    source = own.senders.admit(name, tokens)
    if source is None:
        if tokens:
            record_denial(401, "source_token", path=request.path)
        challenge = {"WWW-Authenticate": _CHALLENGE}
        return problem(401, "The token of the source is needed.", headers=challenge)
    if not source.enabled:
        return problem(403, "The source is disabled.")
    if request.args.keys() - {PARAMETER}:
        return _refuse(source, 400, f"The only parameter is {PARAMETER}.")
    if reason := _unread(request):
        return _refuse(source, 415, reason)
    try:
        body = read_body(request, MAX_BODY)
    except RequestEntityTooLarge:
        return _refuse(source, 413, f"The body has more than {MAX_BODY // _MIB} MiB.")
    receipt = Receipt(source=source, at_ns=time.time_ns())
    tally = own.intake.take(receipt, body)
    return Response(orjson.dumps(tally), content_type="application/json")


def _refuse(source: IngestSource, status: int, reason: str) -> Response:
    """Keep aside that something came which is not even read."""
    services().intake.refuse(source, reason)
    return problem(status, reason)


def _unread(req: Request) -> str | None:
    """Say why a body is not to be read, or None."""
    if req.mimetype and not req.mimetype.endswith("json"):
        return "The content type must be one of JSON."
    if req.headers.get("Content-Encoding", "identity") != "identity":
        return "The body must not be compressed."
    return None
