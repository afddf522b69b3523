"""Access tokens of our own: JSON Web Tokens, good for some minutes.

They are signed with HMAC-SHA-256, for whoever verifies them has the secret key anyway,
and by keys derived of the secret box's: the first signs, any of them verifies.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import jwt

from notifier.access.caller import Caller
from notifier.access.claims import API_TOKEN, MAX_TOKEN, Claims, refused, verified
from notifier.access.refusals import CredentialsRefused, Refusal
from notifier.access.scopes import Scope
from notifier.config import Settings
from notifier.secrets import SecretBox

ALGORITHM: Final = "HS256"
ISSUER: Final = "notifier"

_PURPOSE = "access tokens"
_REQUIRED = ["iss", "aud", "exp", "nbf", "iat", "jti"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A token that was just made."""

    text: str
    expires_in_s: int
    issued_at: datetime

    def __repr__(self) -> str:
        """Leave the text out."""
        return f"AccessToken(issued_at={self.issued_at}, ...)"


class AccessTokens:
    """Makes tokens, and verifies them. Threads may share it."""

    def __init__(
        self,
        box: SecretBox,
        settings: Settings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = box.derive_keys(_PURPOSE)
        self._service = settings.token_audience
        self._leeway_s = settings.token_leeway_s
        self._life_s = settings.token_life_s
        self._clock = clock

    def issue(self, caller: Caller, access: Sequence[Scope]) -> AccessToken:
        """Make a token by which *caller* can do what *access* says, and no more.

        What they may do is looked up again whenever it is used.
        """
        now = int(self._clock())
        claims = {
            "iss": ISSUER,
            "sub": caller.name or "",
            "aud": self._service,
            "exp": now + self._life_s,
            "nbf": now,
            "iat": now,
            "jti": str(uuid4()),
            "access": [
                {"type": scope.type, "name": scope.name, "actions": [*scope.actions]}
                for scope in access
            ],
        }
        if caller.api_token_id is not None:
            claims[API_TOKEN] = str(caller.api_token_id)
        return AccessToken(
            text=jwt.encode(claims, self._keys[0], ALGORITHM),
            expires_in_s=self._life_s,
            issued_at=datetime.fromtimestamp(now, UTC),
        )

    def verify(self, text: str) -> Claims:
        """Return what a token says; raise `CredentialsRefused`."""
        if len(text) > MAX_TOKEN:
            raise refused(Refusal.MALFORMED)
        for key in self._keys[:-1]:
            try:
                return self._verify(text, key)
            except CredentialsRefused as refusal:
                if refusal.reason is not Refusal.SIGNATURE:
                    raise
        return self._verify(text, self._keys[-1])

    def _verify(self, text: str, key: bytes) -> Claims:
        def decode() -> Mapping[str, Any]:
            payload: Mapping[str, Any] = jwt.decode(
                text,
                key,
                [ALGORITHM],
                {"require": _REQUIRED},
                audience=self._service,
                issuer=ISSUER,
                leeway=self._leeway_s,
            )
            return payload

        return verified(decode, self._leeway_s, is_ours=True)
