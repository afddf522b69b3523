"""What a route needs of who asks, checked before its view runs."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from flask import request

from notifier.access.caller import Caller, Credential
from notifier.access.permits import Permit
from notifier.access.refusals import CredentialsRefused, TooManyAttempts
from notifier.access.scopes import ALL, CATALOG, REPOSITORY, Scope
from notifier.config import Challenge
from notifier.registry.errors import Denied, TooManyRequests, Unauthorized
from notifier.registry.reference import parse_repository
from notifier.web.auth.callers import current_caller, may_prove_more
from notifier.web.auth.challenge import write_challenge
from notifier.web.auth.denials import record_denial
from notifier.web.services import services


class Need(StrEnum):
    """What a route needs.

    A login is any credential: clients ask for the root to learn whether theirs is good.
    """

    LOGIN = "login"
    CATALOG = "catalog"
    PULL = "pull"
    PUSH = "push"
    DELETE = "delete"


# Clients that push have to read, too, and get one token for both.
_ACTIONS = {
    Need.PULL: (Permit.PULL,),
    Need.PUSH: (Permit.PULL, Permit.PUSH),
    Need.DELETE: (Permit.DELETE,),
}
_INVALID, _INSUFFICIENT = "invalid_token", "insufficient_scope"


def make_guard(needs: Mapping[str, Need]) -> Callable[[], None]:
    """Make what refuses a request whose route *needs*, by its name, something else."""

    def require() -> None:
        need = needs[request.endpoint or ""]
        name = (request.view_args or {}).get("repository")
        repository = None if name is None else parse_repository(name)
        caller = _caller(need, repository)
        if not _is_met(need, repository, caller):
            _refuse(need, repository, caller)

    return require


def _caller(need: Need, repository: str | None) -> Caller:
    try:
        return current_caller()
    except CredentialsRefused as refusal:
        record_denial(401, refusal.reason, repository=repository, needed=need)
        scopes = _scopes(need, repository)
        error = _INVALID if refusal.is_token else None
        raise Unauthorized(
            write_challenge(scopes, error), _detail(need, repository)
        ) from None
    except TooManyAttempts as refusal:
        record_denial(429, "too_many_attempts", repository=repository, needed=need)
        raise TooManyRequests(refusal.retry_after_s) from None


def _is_met(need: Need, repository: str | None, caller: Caller) -> bool:
    match need:
        case Need.LOGIN:
            return _is_logged_in(caller)
        case Need.CATALOG:
            return bool(caller.catalog_globs())
        case _:
            return caller.may(Permit(need.value), repository)


def _is_logged_in(caller: Caller) -> bool:
    """Tell whether a client has nothing more to prove at the door.

    Where anonymous callers may do something, a client gets a token for that as well;
    but one that is asked for a password would give up.
    """
    if caller.credential is not Credential.NONE or caller.may(Permit.ADMIN):
        return True
    is_basic = services().settings.challenge is Challenge.BASIC
    return is_basic and caller.may(Permit.PULL)


def _refuse(need: Need, repository: str | None, caller: Caller) -> None:
    detail = _detail(need, repository)
    if may_prove_more(caller):
        is_token = caller.credential is not Credential.NONE
        if is_token:
            record_denial(401, _INSUFFICIENT, repository=repository, needed=need)
        error = _INSUFFICIENT if is_token else None
        raise Unauthorized(write_challenge(_scopes(need, repository), error), detail)
    record_denial(403, "not_permitted", repository=repository, needed=need)
    raise Denied(detail)


def _scopes(need: Need, repository: str | None) -> Sequence[Scope]:
    if need is Need.CATALOG:
        return [Scope(*CATALOG, (ALL,))]
    if repository is None:
        return []
    if request.method == "HEAD" and request.endpoint == "v2.get_blob":
        # Whoever asks whether a blob is there is about to push. Some clients (oras-py)
        # ask for one token, at their first request, and never for a better one.
        need = Need.PUSH
    return [Scope(REPOSITORY, repository, tuple(map(str, _ACTIONS[need])))]


def _detail(need: Need, repository: str | None) -> list[dict[str, Any]]:
    """Name what is needed as distribution does."""
    return [
        {"Type": scope.type, "Class": "", "Name": scope.name, "Action": action}
        for scope in _scopes(need, repository)
        for action in scope.actions
    ]
