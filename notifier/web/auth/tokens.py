"""The token service, ``/auth/token``: access tokens for registry clients.

https://distribution.github.io/distribution/spec/auth/token/ (GET), and
https://distribution.github.io/distribution/spec/auth/oauth/ (POST). A token is good for
what was asked and may be done, which may be less than was asked, and is no error.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import orjson
from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from notifier.access.caller import Caller
from notifier.access.errors import AccessInvalid
from notifier.access.refusals import CredentialsRefused, TooManyAttempts
from notifier.access.scopes import ScopeInvalid, granted, parse_scopes
from notifier.db import DatabaseUnavailable
from notifier.web.auth.callers import current_caller, remember
from notifier.web.auth.denials import record_denial
from notifier.web.requests import client_host
from notifier.web.services import services

MAX_FORM: Final = 64 * 1024


class GrantRefused(Exception):
    """A request for a token that cannot be met, in the words of RFC 6749, 5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


def make_blueprint() -> Blueprint:
    """Make the service's two routes."""
    bp = Blueprint("auth", __name__)
    bp.add_url_rule("/auth/token", view_func=get_token)
    bp.add_url_rule("/auth/token", view_func=post_token, methods=["POST"])
    bp.register_error_handler(GrantRefused, _refuse)
    bp.register_error_handler(ScopeInvalid, _refuse_scope)
    bp.register_error_handler(CredentialsRefused, _refuse_credentials)
    bp.register_error_handler(TooManyAttempts, _slow_down)
    bp.register_error_handler(DatabaseUnavailable, _unavailable)
    bp.register_error_handler(HTTPException, _refuse_http)
    return bp


def get_token() -> Response:
    """Give a token to whoever the ``Authorization`` header names, or to anybody."""
    asked, query = _parse_service(request.args.get("service")), request.args
    caller = current_caller()
    is_offline = query.get("offline_token", "").lower() in {"true", "1"}
    client_id = query.get("client_id", "") if is_offline else None
    return _answer(caller, asked, query.getlist("scope"), client_id)


def post_token() -> Response:
    """Give a token for a password, or for a refresh token."""
    form = _read_form()
    service = _parse_service(form.get("service"))
    match form.get("grant_type"):
        case "password":
            name, password = form.get("username", ""), form.get("password", "")
            caller = services().authenticator.login(name, password, client_host())
            client_id = form.get("client_id", "")
            is_offline = form.get("access_type") == "offline"
            kept = client_id if is_offline else None
        case "refresh_token":
            given = form.get("refresh_token", "")
            caller = services().authenticator.renewals.redeem(given, service=service)
            kept = None
        case _:
            raise GrantRefused(
                "unsupported_grant_type",
                "grant_type must be password or refresh_token",
            )
    remember(caller)
    return _answer(caller, service, [form.get("scope", "")], kept)


def _read_form() -> MultiDict[str, str]:
    # One byte more, for a body that comes in chunks is not refused but cut there.
    request.max_content_length = MAX_FORM + 1
    if len(request.get_data()) > MAX_FORM:
        raise RequestEntityTooLarge
    return request.form


def _parse_service(given: str | None) -> str:
    service = services().authenticator.service
    if given not in {None, service}:
        raise GrantRefused("invalid_request", f"the service here is {service}")
    return service


def _answer(
    caller: Caller, service: str, texts: Sequence[str], client_id: str | None
) -> Response:
    """Answer with a token, and a refresh token for the client of that id, if any."""
    authenticator = services().authenticator
    scopes = granted(parse_scopes(texts), caller)
    token = authenticator.tokens.issue(caller, scopes)
    body: dict[str, Any] = {
        "token": token.text,
        "access_token": token.text,
        "expires_in": token.expires_in_s,
        "issued_at": token.issued_at.isoformat().replace("+00:00", "Z"),
        "scope": " ".join(map(str, scopes)),
    }
    if client_id is not None:
        try:
            made = authenticator.renewals.issue(
                caller, service=service, client_id=client_id
            )
        except AccessInvalid as error:
            raise GrantRefused("invalid_request", str(error)) from None
        if made is not None:
            body["refresh_token"] = made
    return _render(200, body)


def _refuse(refusal: GrantRefused) -> Response:
    return _error(400, refusal.error, refusal.description, "UNSUPPORTED")


def _refuse_scope(refusal: ScopeInvalid) -> Response:
    return _error(400, "invalid_scope", str(refusal), "UNSUPPORTED")


def _refuse_credentials(refusal: CredentialsRefused) -> Response:
    record_denial(401, refusal.reason)
    return _error(401, "invalid_grant", "the credentials are refused", "UNAUTHORIZED")


def _slow_down(refusal: TooManyAttempts) -> Response:
    record_denial(429, "too_many_attempts")
    response = _error(
        429, "slow_down", "too many attempts: try again later", "TOOMANYREQUESTS"
    )
    response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response


def _unavailable(_refusal: DatabaseUnavailable) -> Response:
    response = _error(
        503, "temporarily_unavailable", "the database cannot be reached", "UNAVAILABLE"
    )
    response.headers["Retry-After"] = "1"
    return response


def _refuse_http(refusal: HTTPException) -> Response:
    status = refusal.code or 500
    return _error(status, "invalid_request", HTTPStatus(status).phrase, "UNSUPPORTED")


def _error(status: int, error: str, description: str, code: str) -> Response:
    """Say what is wrong in both ways: that of OAuth and that of registries."""
    return _render(
        status,
        {
            "error": error,
            "error_description": description,
            "errors": [{"code": code, "message": description}],
        },
    )


def _render(status: int, body: dict[str, Any]) -> Response:
    response = Response(orjson.dumps(body), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
