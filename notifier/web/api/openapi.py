"""The API as a whole: its routes, and the OpenAPI document that describes them."""

from functools import cache
from http import HTTPStatus
from typing import Any

import flask_smorest
import orjson
from flask import Flask, Response
from flask.json.provider import JSONProvider

import notifier
from notifier.web import errors
from notifier.web.api import (
    archives,
    deliveries,
    digests,
    docs,
    endpoints,
    events,
    exports,
    grants,
    ingest,
    presets,
    redeliveries,
    replays,
    repositories,
    retention,
    secrets,
    sources,
    streams,
    tags,
    tokens,
    users,
)
from notifier.web.api.schemas.envelope import EVENT_SCHEMA
from notifier.web.api.schemas.formats import FORMAT_SCHEMA
from notifier.web.api.schemas.problems import ProblemSchema

_ABOUT = """\
Endpoints are told of what happens in the registry, each telling is a delivery, and the
audit log remembers all events.

Lists are newest first and come in pages: `next` is the cursor of the page that follows,
and so is the header `Link` with `rel="next"`. What a request says must be understood:
unknown parameters and fields are refused. Where access is configured, a request needs
an API token (`Authorization: Bearer ntf_…`) or a password (Basic) of somebody with the
role that the operation names, `x-needs`. Errors are `application/problem+json`
(RFC 9457); their `errors` name the parameters and fields that are at fault.
"""

_GROUPS = (
    endpoints,
    presets,
    secrets,
    deliveries,
    redeliveries,
    replays,
    events,
    streams,
    exports,
    digests,
    repositories,
    tags,
    retention,
    archives,
    users,
    grants,
    tokens,
    sources,
    ingest,
)


def init_app(app: Flask) -> None:
    """Add the routes of the API, their document and its pages to *app*."""
    app.json = _Json(app)
    for group in _GROUPS:
        app.register_blueprint(group.blueprint)
    app.register_blueprint(docs.make_blueprint(_document))


@cache
def _document() -> bytes:
    """Make the document, for the first who asks: it takes longer than all the rest."""
    api = _Api(
        Flask("openapi"),
        spec_kwargs={
            "title": "notifier",
            "version": notifier.__version__,
            "openapi_version": "3.1.0",
            "info": {"description": _ABOUT},
        },
    )
    for scheme in ("bearer", "basic"):
        described = {"type": "http", "scheme": scheme}
        api.spec.components.security_scheme(scheme, described)
    api.spec.components.schema("Event", EVENT_SCHEMA)
    api.spec.components.schema("Format", FORMAT_SCHEMA)
    for group in _GROUPS:
        api.register_blueprint(group.blueprint)
    return orjson.dumps(api.spec.to_dict(), option=orjson.OPT_INDENT_2)


class _Api(flask_smorest.Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest, its errors being problems."""

    def _register_error_handlers(self) -> None:
        """Leave errors to `web.errors`."""

    def _register_responses(self) -> None:
        """Describe the problem that each status stands for, and any other."""
        names = {status.name: status.phrase for status in HTTPStatus}
        names[self.DEFAULT_ERROR_RESPONSE_NAME] = "A problem."
        for name, description in names.items():
            content = {errors.MEDIA_TYPE: {"schema": ProblemSchema}}
            response = {"description": description, "content": content}
            self.spec.components.response(name, response, lazy=True)


class _Json(JSONProvider):
    """JSON that keeps the order of keys: an event is shown as it was delivered."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Write *obj*."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Read *s*."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Answer with the one argument."""
        body = self._prepare_response_obj(args, kwargs)
        return Response(orjson.dumps(body), content_type="application/json")
