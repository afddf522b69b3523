"""An outside issuer of access tokens: its keys, and tokens good and bad."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER = "auth.example"
AUDIENCE = "registry.example"

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
STRANGER = ec.generate_private_key(ec.SECP256R1())

KEYS: dict[str, Any] = {"RS256": RSA, "PS512": RSA, "ES256": EC, "EdDSA": ED}


def jwk(key: Any, kid: str | None, **more: Any) -> dict[str, Any]:
    """Write the public half of *key*."""
    kinds: list[tuple[type, Any]] = [
        (rsa.RSAPrivateKey, RSAAlgorithm),
        (ec.EllipticCurvePrivateKey, ECAlgorithm),
        (ed25519.Ed25519PrivateKey, OKPAlgorithm),
    ]
    algorithm = next(a for kind, a in kinds if isinstance(key, kind))
    named = {} if kid is None else {"kid": kid}
    written: dict[str, Any] = json.loads(algorithm.to_jwk(key.public_key()))
    return written | named | more


def key_set(*keys: dict[str, Any]) -> bytes:
    """Write a key set: of the three keys above if none are given."""
    default = [jwk(RSA, "rsa"), jwk(EC, "ec"), jwk(ED, "ed")]
    return json.dumps({"keys": list(keys) or default}).encode()


def write_keys(path: Path, *keys: dict[str, Any]) -> Path:
    """Write a key set into a file."""
    path.write_bytes(key_set(*keys))
    return path


@dataclass(frozen=True)
class FromNow:
    """A time in a claim, so many seconds from when the token is made."""

    seconds: int


def claims(**more: Any) -> dict[str, Any]:
    """Make claims that are good; one that is None is left out."""
    now = int(time.time())
    values = {
        "iss": ISSUER,
        "sub": "alice",
        "aud": AUDIENCE,
        "exp": now + 300,
        "nbf": now,
        "iat": now,
        "jti": "1",
        "access": [{"type": "repository", "name": "team/app", "actions": ["pull"]}],
        **more,
    }
    return {
        name: now + value.seconds if isinstance(value, FromNow) else value
        for name, value in values.items()
        if value is not None
    }


def token(
    alg: str = "ES256", *, kid: str | None = "ec", key: Any = None, **more: Any
) -> str:
    """Sign a token; *more* replaces claims."""
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(**more), key or KEYS[alg], alg, headers)
