"""Exports: a whole answer of the audit log at once, for other programs."""

import time
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final

from flask import Response, request

from notifier.audit.export import FORMATS, Export, Part
from notifier.web.api.base import Blueprint
from notifier.web.api.lasting import Permission, send
from notifier.web.api.schemas.exports import ExportQuerySchema
from notifier.web.api.visibility import visible_part
from notifier.web.auth.needs import Need
from notifier.web.services import services

blueprint = Blueprint("export", __name__, "The audit log, for other programs.")

# How often is asked whether the caller may still have it.
_CHECK_S: Final = 1.0
_GZIP: Final = zlib.MAX_WBITS | 16
# The next level takes twice as long, and a tenth less room.
_LEVEL: Final = 1


class ExportCut(Exception):
    """An export that is not to go on: the connection ends before the answer does."""


@blueprint.route("/events/export", needs=Need.AUDITOR)
@blueprint.arguments(ExportQuerySchema, location="query")
@blueprint.response(
    200,
    {"type": "string"},
    content_type=FORMATS["ndjson"].media_type,
    description="An item of the log on each line, or with `format=csv` a record.",
)
@blueprint.alt_response(503, "SERVICE_UNAVAILABLE")
def export_events(arguments: dict[str, Any]) -> Response:
    """Export: be sent all that is found, the oldest first, however much it is.

    An answer that ends before its last chunk is not whole. It can be gone on with: by
    `cursor`, which is the id of the event in its last whole line.
    """
    own = services()
    export = Export(
        own.database,
        own.recorder,
        visible_part(arguments["question"]),
        FORMATS[arguments["format"]],
        arguments.get("cursor"),
    )
    parts = export.parts()
    # What cannot be asked is refused before there is an answer.
    first = next(parts)
    chunks = _chunks(export.head, chain([first], parts), Permission.of_request())
    zipped = request.accept_encodings["gzip"] > 0
    response = send(
        _zip(chunks) if zipped else chunks, FORMATS[arguments["format"]].media_type
    )
    response.headers["Vary"] = "Accept-Encoding"
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _chunks(
    head: bytes, parts: Iterable[Part | None], permission: Permission
) -> Iterator[bytes]:
    if head:
        yield head
    check_at = time.monotonic() + _CHECK_S
    for part in parts:
        if part is not None:
            yield part.content
        if time.monotonic() >= check_at:
            if not permission.lasts():
                raise ExportCut("its caller may not have it any more, or we end")
            check_at = time.monotonic() + _CHECK_S


def _zip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj(_LEVEL, wbits=_GZIP)
    for chunk in chunks:
        # Whole lines of it can be read if what follows never comes.
        yield compressor.compress(chunk) + compressor.flush(zlib.Z_SYNC_FLUSH)
    yield compressor.flush()
