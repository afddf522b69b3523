"""An outside issuer of access tokens: somebody else says who may do what.

The registry token specification has it that a token's ``access`` claims are what may be
done, in repositories; roles are granted here, to ``user:`` and the ``sub``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import jwt

from notifier.access.claims import MAX_TOKEN, Claims, refused, verified
from notifier.access.key_set import ALGORITHMS, VerifyingKey
from notifier.access.key_source import KeyFile, KeySource, KeyUrl
from notifier.access.refusals import CredentialsRefused, Refusal
from notifier.config import ConfigError, Settings

# As the reference has it: neither the time of issue nor the id is looked at.
_OPTIONS: "jwt.types.Options" = {
    "require": ["iss", "aud", "exp"],
    "verify_iat": False,
    "verify_jti": False,
    "enforce_minimum_key_length": True,
}


class Issuer:
    """Verifies the tokens of an outside issuer. Threads may share it."""

    def __init__(
        self, name: str, keys: KeySource, *, audience: str, leeway_s: float
    ) -> None:
        self._name = name
        self._keys = keys
        self._audience = audience
        self._leeway_s = leeway_s

    @classmethod
    def open(cls, settings: Settings) -> Self | None:
        """Read the settings; None if there is no issuer. Raises `ConfigError`."""
        if settings.token_issuer is None and settings.token_jwks is None:
            return None
        if settings.token_issuer is None or settings.token_jwks is None:
            missing = "JWKS" if settings.token_jwks is None else "ISSUER"
            raise ConfigError(
                f"NOTIFIER_TOKEN_{missing} is not set: an outside issuer needs "
                "NOTIFIER_TOKEN_ISSUER and NOTIFIER_TOKEN_JWKS"
            )
        return cls(
            settings.token_issuer,
            _open_keys(settings.token_jwks),
            audience=settings.token_audience,
            leeway_s=settings.token_leeway_s,
        )

    def verify(self, text: str) -> Claims:
        """Return what a token says; raise `CredentialsRefused`."""
        if len(text) > MAX_TOKEN:
            raise refused(Refusal.MALFORMED)
        header = read_header(text)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise refused(Refusal.ALGORITHM)
        for key in self._find_keys(header.get("kid")):
            if algorithm in key.algorithms:
                try:
                    return self._verify(text, algorithm, key)
                except CredentialsRefused as refusal:
                    if refusal.reason is not Refusal.SIGNATURE:
                        raise
        raise refused(Refusal.SIGNATURE)

    def _find_keys(self, kid: object) -> Sequence[VerifyingKey]:
        """Return the keys that may have signed a token which names its key so.

        One that names none may bring its key along (``jwk``, ``x5c``): that is not
        looked at, for it would be trusted only if it were one of these anyway.
        """
        keys = self._keys.keys()
        if kid is None:
            return keys
        named = _named(keys, kid)
        return named or _named(self._keys.renewed(), kid)

    def _verify(self, text: str, algorithm: str, key: VerifyingKey) -> Claims:
        def decode() -> Mapping[str, Any]:
            payload: Mapping[str, Any] = jwt.decode(
                text,
                key.key,
                [algorithm],
                _OPTIONS,
                audience=self._audience,
                issuer=self._name,
                leeway=self._leeway_s,
            )
            return payload

        return verified(decode, self._leeway_s, is_ours=False)


def read_header(text: str) -> Mapping[str, Any]:
    """Return the header of a token that is yet to be verified.

    Raises `CredentialsRefused`.
    """
    try:
        return jwt.get_unverified_header(text)
    except jwt.PyJWTError:
        raise refused(Refusal.MALFORMED) from None


def _named(keys: Sequence[VerifyingKey], kid: object) -> Sequence[VerifyingKey]:
    return [key for key in keys if key.id == kid]


def _open_keys(place: str) -> KeySource:
    if place.startswith("https://"):
        return KeyUrl(place)
    keys = KeyFile(Path(place))
    try:
        keys.check()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"NOTIFIER_TOKEN_JWKS: {place}: {reason}") from None
    return keys
