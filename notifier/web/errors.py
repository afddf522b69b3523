"""Refusals and faults outside ``/v2/``, as RFC 9457 has them: problem+json."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from notifier.db import DatabaseFull, DatabaseUnavailable
from notifier.web.v2 import errors as v2_errors

MEDIA_TYPE = "application/problem+json"

_log = structlog.get_logger(__name__)


def init_app(app: Flask) -> None:
    """Let *app* answer every error of a view, and its own, with a problem."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(DatabaseUnavailable, _unavailable)
    app.register_error_handler(DatabaseFull, _full)
    app.register_error_handler(Exception, _fault)


def problem(
    status: int,
    detail: str | None = None,
    *,
    errors: Iterable[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
) -> Response:
    """Return an answer that says what is wrong; *errors* name the parts that are."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
    }
    if detail:
        body["detail"] = detail
    if listed := list(errors):
        body["errors"] = listed
    response = Response(orjson.dumps(body), status, headers, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(error: HTTPException) -> Response:
    """Answer what Flask refuses, also where no view and so no blueprint is found."""
    if request.path.startswith("/v2/"):
        return v2_errors.render_http(error)
    kept = {"Allow", "Retry-After", "WWW-Authenticate"}
    headers = [(name, text) for name, text in error.get_headers() if name in kept]
    return problem(error.code or 500, error.description, headers=headers)


def _unavailable(error: DatabaseUnavailable) -> Response:
    _log.error("database_unavailable", error=str(error))
    return problem(
        503, "The database cannot be reached just now.", headers={"Retry-After": "1"}
    )


def _full(error: DatabaseFull) -> Response:
    _log.error("storage_full", error=str(error))
    return problem(507, "The database has no room for more.")


def _fault(error: Exception) -> Response:
    _log.error("request_failed", path=request.path, exc_info=error)
    return problem(500, "This is a fault of the server. Its log says more.")
