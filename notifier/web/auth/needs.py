"""What a route of the API needs of who asks, checked before its view runs."""

from enum import StrEnum

from flask import request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized

from notifier.access.caller import Caller
from notifier.access.permits import Permit
from notifier.access.refusals import CredentialsRefused, TooManyAttempts
from notifier.web.auth.callers import current_caller
from notifier.web.auth.denials import record_denial
from notifier.web.services import services


class Need(StrEnum):
    """What a route needs: a role, or only to know who asks.

    Of what an auditor asks for, they see what concerns their repositories. A sender of
    events shows the token of its source, which the view itself asks for.
    """

    LOGIN = "login"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    ADMIN = "admin"
    SOURCE = "source"


def require(need: Need) -> None:
    """Refuse the current request unless its caller has what it needs.

    Raises `Unauthorized`, `Forbidden` or `TooManyRequests`.
    """
    if need is Need.SOURCE:
        return
    try:
        caller = current_caller()
    except CredentialsRefused as refusal:
        record_denial(401, refusal.reason, needed=need, path=request.path)
        raise _unauthorized("The credentials are refused.") from None
    except TooManyAttempts as refusal:
        record_denial(429, "too_many_attempts", needed=need, path=request.path)
        raise TooManyRequests(
            "Too many attempts: try again later.", retry_after=refusal.retry_after_s
        ) from None
    if _is_met(need, caller):
        return
    if caller.name is None:
        raise _unauthorized("Credentials are needed: an API token, or a password.")
    record_denial(403, "not_permitted", needed=need, path=request.path)
    raise Forbidden(f"{caller.name} may not do that: it needs the role {need}.")


def _is_met(need: Need, caller: Caller) -> bool:
    if need is Need.LOGIN:
        return caller.name is not None or caller.may(Permit.ADMIN)
    return caller.may(Permit(need.value))


def _unauthorized(description: str) -> Unauthorized:
    realm: dict[str, str | None] = {"realm": services().authenticator.service}
    return Unauthorized(
        description,
        www_authenticate=[
            WWWAuthenticate("bearer", realm),
            WWWAuthenticate("basic", realm),
        ],
    )
