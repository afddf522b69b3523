"""Claims: what a verified access token says.

https://distribution.github.io/distribution/spec/auth/jwt/
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import jwt

from notifier.access.fields import is_visible
from notifier.access.permissions import Given
from notifier.access.refusals import CredentialsRefused, Refusal
from notifier.access.scopes import REPOSITORY, Scope, is_name
from notifier.access.subjects import MAX_OUTSIDE_NAME

MAX_TOKEN: Final = 16 * 1024
API_TOKEN: Final = "api_token"  # noqa: S105 - the name of a claim

_MAX_ENTRIES = 256
_MAX_ACTIONS = 32
_REASONS: Sequence[tuple[type[jwt.PyJWTError], Refusal]] = (
    (jwt.ExpiredSignatureError, Refusal.EXPIRED),
    (jwt.ImmatureSignatureError, Refusal.NOT_YET),
    (jwt.InvalidAudienceError, Refusal.AUDIENCE),
    (jwt.InvalidIssuerError, Refusal.ISSUER),
    (jwt.InvalidAlgorithmError, Refusal.ALGORITHM),
    (jwt.InvalidSignatureError, Refusal.SIGNATURE),
    (jwt.InvalidKeyError, Refusal.ALGORITHM),
    (jwt.DecodeError, Refusal.MALFORMED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says. It is good until *expires_at*, the leeway included.

    *expires_at* is in seconds since 1970. A token may leave the *name* out.
    """

    name: str | None
    access: tuple[Scope, ...]
    expires_at: float
    api_token_id: UUID | None = None

    @property
    def given(self) -> Sequence[Given]:
        """What the token lets be done."""
        return [(scope.permits, (scope.name,)) for scope in self.access]

    @property
    def has_catalog(self) -> bool:
        """Tell whether the token is also for the list of all repositories."""
        return any(scope.is_catalog for scope in self.access)


def refused(reason: Refusal) -> CredentialsRefused:
    """Make the refusal of a token."""
    return CredentialsRefused(reason, is_token=True)


def verified(
    decode: Callable[[], Mapping[str, Any]], leeway_s: float, *, is_ours: bool
) -> Claims:
    """Return the claims of the token that *decode* verifies.

    One that *is_ours* may name an API token. Raises `CredentialsRefused` for whatever
    is wrong with it.
    """
    try:
        payload = decode()
    except jwt.PyJWTError as error:
        raise refused(_reason(error)) from None
    except (TypeError, ValueError):
        # Of a header with values of the wrong kinds.
        raise refused(Refusal.MALFORMED) from None
    try:
        return _read(payload, leeway_s, is_ours=is_ours)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise refused(Refusal.CLAIMS) from None


def _reason(error: jwt.PyJWTError) -> Refusal:
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    return Refusal.CLAIMS


def _read(payload: Mapping[str, Any], leeway_s: float, *, is_ours: bool) -> Claims:
    id_ = payload.get(API_TOKEN) if is_ours else None
    return Claims(
        name=_name(payload.get("sub") or ""),
        access=_access(payload.get("access") or []),
        expires_at=int(payload["exp"]) + leeway_s,
        api_token_id=None if id_ is None else UUID(str(id_)),
    )


def _name(subject: str) -> str | None:
    if subject and not is_visible(subject, MAX_OUTSIDE_NAME):
        raise ValueError("the subject cannot be shown")
    return subject or None


def _access(entries: Any) -> tuple[Scope, ...]:
    if not isinstance(entries, list) or len(entries) > _MAX_ENTRIES:
        raise TypeError("access is a list, of a bounded length")
    return tuple(scope for entry in entries if (scope := _scope(entry)) is not None)


def _scope(entry: Any) -> Scope | None:
    """Read an entry; None for one that names no repository that could be here."""
    type_, name, actions = entry["type"], entry["name"], entry["actions"] or []
    if not isinstance(actions, list) or len(actions) > _MAX_ACTIONS:
        raise TypeError("actions is a list, of a bounded length")
    if not isinstance(name, str) or not all(isinstance(a, str) for a in actions):
        raise TypeError("names and actions are texts")
    if type_ == REPOSITORY and not is_name(name):
        # A glob in it would reach further than its issuer meant.
        return None
    return Scope(str(type_), name, tuple(actions))
