"""The stream: the audit log as it grows, as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import orjson
from flask import Response, request

from notifier.audit.following import Following, Mark, Told
from notifier.audit.items import render_items
from notifier.db import DatabaseUnavailable
from notifier.web.api.base import Blueprint
from notifier.web.api.lasting import Permission, send
from notifier.web.api.schemas.streams import LAST_EVENT_ID, StreamQuerySchema
from notifier.web.api.visibility import visible_part
from notifier.web.auth.needs import Need
from notifier.web.services import Services, services

blueprint = Blueprint("stream", __name__, "The audit log as it grows.")

_MEDIA_TYPE: Final = "text/event-stream"
_RETRY_MS: Final = 1000
# Proxies end connections on which nothing comes; most wait for a minute.
_KEEP_ALIVE_S: Final = 15.0
# How often is asked whether the caller may still listen.
_CHECK_S: Final = 5.0


@blueprint.route("/events/stream", needs=Need.AUDITOR)
@blueprint.arguments(StreamQuerySchema, location="query")
@blueprint.response(
    200,
    {"type": "string"},
    content_type=_MEDIA_TYPE,
    description="Server-sent events: the `data` of each is an item of the log, its "
    "`id` where to go on from. One of the type `gap` says that something is missing.",
)
@blueprint.alt_response(503, "SERVICE_UNAVAILABLE")
def stream_events(arguments: dict[str, Any]) -> Response:
    """Listen: be told of events when they are recorded, in the order of that.

    With the `id` of an event, in the header `Last-Event-ID` or as `after`, the stream
    goes on behind it: nothing is left out, and nothing comes twice. If that is too long
    ago, the first event is of the type `gap`.
    """
    own = services()
    question = visible_part(arguments["question"])
    given = request.headers.get(LAST_EVENT_ID) or arguments.get("after")
    mark = Mark.parse(given) if given else None
    following = (
        Following(own.recorder, question, mark)
        if mark
        else Following.from_now(own.database, own.recorder, question)
    )
    stream = _Stream(own, following, Permission.of_request())
    return send(stream.frames(), _MEDIA_TYPE)


class _Stream:
    """What one client is sent, until it leaves, or we do.

    A client that is cut off comes back, with the id that it was sent last.
    """

    def __init__(
        self, own: Services, following: Following, permission: Permission
    ) -> None:
        self._database = own.database
        self._recorder = own.recorder
        self._pulse = own.streams.pulse
        self._following = following
        self._permission = permission

    def frames(self) -> Iterator[bytes]:
        """Yield what is to be sent; no connection is held meanwhile."""
        yield b"retry: %d\n%b\n" % (_RETRY_MS, self._id())
        quiet_until = time.monotonic() + _KEEP_ALIVE_S
        while (step := self._step()) is not None:
            told, sent = step
            if not sent and time.monotonic() >= quiet_until:
                # What was passed over need not be passed over again.
                sent = b":\n%b\n" % self._id()
            if sent:
                yield sent
                quiet_until = time.monotonic() + _KEEP_ALIVE_S
            if told.is_last:
                self._wait(quiet_until)

    def _step(self) -> tuple[Told, bytes] | None:
        """Read on; return what that comes to, or None if this is the end."""
        try:
            if not self._permission.lasts():
                return None
            with self._database.read() as connection:
                told = self._following.step(connection)
                ids = [id_ for _, id_ in told.events]
                items = render_items(connection, self._recorder, ids)
        except DatabaseUnavailable:
            return None
        gap = b"" if told.gap_until is None else _gap(told.gap_until)
        return told, gap + b"".join(
            b"id: %b\ndata: %b\n\n" % (str(mark).encode(), item)
            for (mark, _), item in zip(told.events, items, strict=True)
            if item is not None
        )

    def _wait(self, until: float) -> None:
        mark, left_s = self._following.mark, max(until - time.monotonic(), 0)
        self._pulse.wait(mark.position if mark else 0, min(left_s, _CHECK_S))

    def _id(self) -> bytes:
        mark = self._following.mark
        return b"id: %b\n" % str(mark).encode() if mark else b""


def _gap(until: datetime) -> bytes:
    data = orjson.dumps({"complete_since": until}, option=orjson.OPT_UTC_Z)
    return b"event: gap\ndata: %b\n\n" % data
