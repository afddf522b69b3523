"""Refusals and faults, as the specification has them: JSON, for every status."""

from typing import Any

import orjson
import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from notifier.db import DatabaseFull, DatabaseUnavailable
from notifier.registry import errors
from notifier.registry.soundness import BlobDamaged
from notifier.storage import StorageFull
from notifier.web.requests import registry_url
from notifier.web.v2.base import allowed_methods, name_api_version

STATUS: dict[type[errors.RegistryError], int] = {
    errors.BlobCollected: 503,
    errors.BlobRangeInvalid: 416,
    errors.BlobTooLarge: 413,
    errors.BlobUnknown: 404,
    errors.BlobUploadInvalid: 400,
    errors.BlobUploadUnknown: 404,
    errors.Denied: 403,
    errors.DigestInvalid: 400,
    errors.ManifestBlobUnknown: 400,
    errors.ManifestInvalid: 400,
    errors.ManifestTooLarge: 413,
    errors.ManifestUnknown: 404,
    errors.NameInvalid: 400,
    errors.NameUnknown: 404,
    errors.PageSizeInvalid: 400,
    errors.RangeInvalid: 416,
    errors.SizeInvalid: 400,
    errors.TagInvalid: 400,
    errors.TooManyRequests: 429,
    errors.Unauthorized: 401,
    errors.Unsupported: 405,
}

_log = structlog.get_logger(__name__)


def register(blueprint: Blueprint) -> None:
    """Let *blueprint* answer every error in the specification's form."""
    blueprint.register_error_handler(errors.RegistryError, _refused)
    blueprint.register_error_handler(errors.RegistryErrors, _refused_often)
    blueprint.register_error_handler(DatabaseUnavailable, _unavailable)
    blueprint.register_error_handler(BlobDamaged, _damaged)
    blueprint.register_error_handler(DatabaseFull, _full)
    blueprint.register_error_handler(StorageFull, _full)
    blueprint.register_error_handler(HTTPException, render_http)
    blueprint.register_error_handler(Exception, _fault)


def render_http(error: HTTPException) -> Response:
    """Answer what Flask itself refuses: unknown routes, wrong methods."""
    status = error.code or 500
    code = "UNKNOWN" if status >= 500 else "UNSUPPORTED"  # noqa: PLR2004 - faults
    detail = {"method": request.method, "path": request.path[:256]}
    response = _render(status, [(code, error.name.lower(), detail)])
    for name, value in error.get_headers(request.environ):
        if name == "Allow":
            response.headers[name] = value
    return name_api_version(response)


def _refused(error: errors.RegistryError) -> Response:
    response = _render(STATUS[type(error)], [_parts(error)])
    if isinstance(error, errors.RangeInvalid):
        response.headers["Location"] = registry_url() + request.path
        response.headers["Range"] = f"0-{max(error.size - 1, 0)}"
    if isinstance(error, errors.BlobRangeInvalid):
        response.headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, errors.Unsupported):
        response.headers["Allow"] = allowed_methods()
    if isinstance(error, errors.Unauthorized):
        response.headers["WWW-Authenticate"] = error.challenge
    if isinstance(error, errors.BlobCollected):
        response.headers["Retry-After"] = "1"
    if isinstance(error, errors.TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _refused_often(refusal: errors.RegistryErrors) -> Response:
    return _render(
        STATUS[type(refusal.errors[0])], [_parts(error) for error in refusal.errors]
    )


def _unavailable(error: DatabaseUnavailable) -> Response:
    _log.error("database_unavailable", error=str(error))
    response = _render(503, [("UNAVAILABLE", "service unavailable", None)])
    response.headers["Retry-After"] = "1"
    return response


def _full(error: DatabaseFull | StorageFull) -> Response:
    _log.error("storage_full", error=str(error))
    return _render(507, [("UNKNOWN", "the storage is full", None)])


def _damaged(error: BlobDamaged) -> Response:
    _log.error("blob_damaged", error=str(error))
    return _render(500, [("UNKNOWN", "the blob is damaged", None)])


def _fault(error: Exception) -> Response:
    _log.error("request_failed", path=request.path, exc_info=error)
    return _render(500, [("UNKNOWN", "unknown error", None)])


def _parts(error: errors.RegistryError) -> tuple[str, str, Any]:
    return error.code, error.message, error.detail


def _render(status: int, parts: list[tuple[str, str, Any]]) -> Response:
    rendered = []
    for code, message, detail in parts:
        rendered.append({"code": code, "message": message})
        if detail is not None:
            rendered[-1]["detail"] = detail
    return Response(
        orjson.dumps({"errors": rendered}) + b"\n",
        status=status,
        content_type="application/json",
    )
