"""API tokens: what programs show instead of a password."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from werkzeug.exceptions import Forbidden

from notifier.access import api_tokens
from notifier.access.api_tokens import ApiToken, described
from notifier.access.caller import Credential
from notifier.access.directory import is_known
from notifier.access.errors import AccessInvalid, TokenUnknown
from notifier.access.permits import Permit
from notifier.events.event import Action
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer, list_page
from notifier.web.api.record import record
from notifier.web.api.schemas.access import (
    CallerSchema,
    CreatedTokenSchema,
    NewTokenSchema,
    TokenPageSchema,
    TokenQuerySchema,
    TokenSchema,
)
from notifier.web.auth.callers import current_caller
from notifier.web.auth.needs import Need
from notifier.web.services import services

blueprint = Blueprint("tokens", __name__, "What programs show, not a password.")

_TOKENS = {Credential.API_TOKEN, Credential.ACCESS_TOKEN, Credential.ISSUER_TOKEN}
_TOKEN = TokenSchema()
_CALLER = CallerSchema()


@blueprint.route("/tokens", methods=["POST"], needs=Need.LOGIN)
@blueprint.arguments(NewTokenSchema)
@blueprint.response(201, CreatedTokenSchema)
@blueprint.alt_response(409, "CONFLICT")
def create_token(fields: dict[str, Any]) -> tuple[Response, int]:
    """Make an API token: the caller's own, or as an admin anybody's.

    The answer holds its text, this once. It may do what its owner may do at the time,
    and of that no more than it was made for.
    """
    _require_own_hands()
    subject = _own_subject(fields.pop("subject", None))
    if subject is None:
        raise Forbidden("Say whose token it is to be: you have proved no name.")
    own = services()
    with own.database.transaction() as transaction:
        if not is_known(transaction.connection, own.settings, subject):
            raise AccessInvalid("subject", "must be somebody who is known here")
        token, text = api_tokens.create(transaction, subject=subject, **fields)
        record(transaction, Action.TOKEN_CREATE, token=described(token))
    own.authenticator.look_again()
    return jsonify(_TOKEN.dump(token) | {"token": text}), 201


@blueprint.route("/tokens", needs=Need.LOGIN)
@blueprint.arguments(TokenQuerySchema, location="query")
@blueprint.response(200, TokenPageSchema, headers=LINK_HEADER)
def list_tokens(arguments: dict[str, Any]) -> Answer:
    """List API tokens: the caller's own, or as an admin anybody's."""
    subject = arguments.get("subject")
    if not current_caller().may(Permit.ADMIN):
        subject = _own_subject(subject)
    with services().database.read() as connection:
        return list_page(
            "tokens",
            arguments,
            lambda before, limit: api_tokens.list_tokens(
                connection, subject=subject, after=before, limit=limit
            ),
        )


@blueprint.route("/tokens/<uuid:token_id>", needs=Need.LOGIN)
@blueprint.response(200, TokenSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_token(token_id: UUID) -> ApiToken:
    """Show an API token."""
    with services().database.read() as connection:
        return _require_own(api_tokens.get(connection, token_id))


@blueprint.route("/tokens/<uuid:token_id>", methods=["DELETE"], needs=Need.LOGIN)
@blueprint.response(204)
@blueprint.alt_response(404, "NOT_FOUND")
def revoke_token(token_id: UUID) -> Response:
    """Revoke an API token. It stays in the list for some time."""
    _require_own_hands()
    with services().database.transaction() as transaction:
        _require_own(api_tokens.get(transaction.connection, token_id))
        token = api_tokens.revoke(transaction, token_id)
        record(transaction, Action.TOKEN_REVOKE, token=described(token))
    services().authenticator.look_again()
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


@blueprint.route("/caller", needs=Need.LOGIN)
@blueprint.response(200, CallerSchema)
def get_caller() -> Response:
    """Show who sends this request, and what they may do."""
    caller = current_caller()
    permits = {
        permit.value: list(globs)
        for permit in Permit
        if (globs := caller.globs_for(permit))
    }
    about = {
        "name": caller.name,
        "subject": caller.subject,
        "credential": caller.credential.value,
        "permits": permits,
    }
    return jsonify(_CALLER.dump(about))


def _require_own_hands() -> None:
    """Refuse tokens: one that may do little must not make one that may do more."""
    caller = current_caller()
    if caller.credential in _TOKENS and not caller.may(Permit.ADMIN):
        raise Forbidden("A token does not do: use your password.")


def _own_subject(subject: str | None) -> str | None:
    """Return *subject*, or the caller's own; another's is for admins alone."""
    caller = current_caller()
    own = None if caller.name is None else caller.subject
    if subject is None or subject == own:
        return own
    if not caller.may(Permit.ADMIN):
        raise Forbidden("That is for an admin: you may have tokens of your own alone.")
    return subject


def _require_own(token: ApiToken) -> ApiToken:
    """Return *token* if the caller may know of it; to them, there is no other."""
    caller = current_caller()
    if caller.may(Permit.ADMIN) or token.subject == caller.subject:
        return token
    raise TokenUnknown
