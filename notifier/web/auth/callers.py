"""The caller of the current request."""

from flask import g, request

from notifier.access.caller import Caller, Credential
from notifier.web.requests import client_host
from notifier.web.services import services


def current_caller() -> Caller:
    """Return who sends the current request, found out once.

    Raises `CredentialsRefused`, `TooManyAttempts` or `DatabaseUnavailable`.
    """
    caller: Caller | None = g.get("caller")
    if caller is None:
        caller = services().authenticator.authenticate(
            request.environ.get("HTTP_AUTHORIZATION"), client_host()
        )
        remember(caller)
    return caller


def remember(caller: Caller) -> None:
    """Let *caller* be the one of the current request, and of its events."""
    g.caller = caller
    if caller.name is not None:
        g.actor = caller.name, caller.credential.value


def may_prove_more(caller: Caller) -> bool:
    """Tell whether other credentials could let the same client do more.

    A client gets one token after the other, each for what it is about to do; who has
    shown a password has shown all there is.
    """
    return caller.credential in {
        Credential.NONE,
        Credential.ACCESS_TOKEN,
        Credential.ISSUER_TOKEN,
    }
