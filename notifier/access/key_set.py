"""The public keys of an issuer, as a JSON Web Key Set (RFC 7517) has them.

Only public keys count: what is symmetric would let whoever can verify sign as well.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import jwt
from jwt.algorithms import AllowedPublicKeys

MAX_KEYS: Final = 50

# What keys of a kind, or of a curve, sign with. Symmetric algorithms are left out, and
# so is "none".
_BY_KIND: Mapping[str, Sequence[str]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "Ed25519": ("EdDSA",),
    "Ed448": ("EdDSA",),
}
ALGORITHMS: Final = tuple(chain.from_iterable(_BY_KIND.values()))


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key, and the algorithms that it verifies."""

    id: str | None
    key: AllowedPublicKeys
    algorithms: Sequence[str]


def parse_key_set(content: bytes) -> Sequence[VerifyingKey]:
    """Return the public keys of a set that can verify; raise `ValueError`."""
    try:
        entries = json.loads(content)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("is no JSON Web Key Set") from None
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise ValueError(f"must have a list of {MAX_KEYS} keys at most")
    keys = [key for entry in entries if (key := _parse_key(entry)) is not None]
    if not keys:
        raise ValueError("has no public key that could verify a token")
    return keys


def _parse_key(entry: Any) -> VerifyingKey | None:
    """Read a key; None for one that is private, or that verifies nothing."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or "d" in entry:
        return None
    algorithms = _BY_KIND.get(str(entry.get("crv", entry.get("kty"))), ())
    if "alg" in entry:
        algorithms = [each for each in algorithms if each == entry["alg"]]
    if not algorithms:
        return None
    try:
        key = jwt.PyJWK(entry, algorithms[0])
    except (jwt.PyJWTError, TypeError, ValueError, KeyError):
        return None
    return VerifyingKey(key.key_id, key.key, algorithms)
