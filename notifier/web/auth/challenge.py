"""The challenge: how a client can prove who it is, as registry clients expect it.

https://distribution.github.io/distribution/spec/auth/token/
"""

from collections.abc import Iterable

from notifier.access.scopes import Scope
from notifier.config import Challenge
from notifier.web.requests import registry_url
from notifier.web.services import services


def write_challenge(scopes: Iterable[Scope] = (), error: str | None = None) -> str:
    """Write the value of ``WWW-Authenticate`` for what *scopes* would allow.

    *error* is ``invalid_token`` or ``insufficient_scope`` (RFC 6750, section 3.1).
    """
    own = services()
    if own.settings.challenge is Challenge.BASIC:
        return f'Basic realm="{own.authenticator.service}"'
    realm = own.authenticator.realm or f"{registry_url()}/auth/token"
    parts = {"realm": realm, "service": own.authenticator.service}
    if asked := " ".join(map(str, scopes)):
        parts["scope"] = asked
    if error is not None:
        parts["error"] = error
    return "Bearer " + ",".join(f'{name}="{text}"' for name, text in parts.items())
