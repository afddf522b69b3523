"""Signatures verified by others' means: the public library, cryptography, hmac."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError


def is_v1_by(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether the public library accepts it."""
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except WebhookVerificationError:
        return False
    return True


def is_v1a_by(public_key: str | None, headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether one of the signatures is by the private half of *public_key*."""
    assert public_key is not None
    assert public_key.startswith("whpk_")
    key = Ed25519PublicKey.from_public_bytes(
        base64.b64decode(public_key.removeprefix("whpk_"))
    )
    signed = b".".join(
        [headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body]
    )
    return any(
        _is_by(key, base64.b64decode(signature.removeprefix("v1a,")), signed)
        for signature in headers["webhook-signature"].split(" ")
        if signature.startswith("v1a,")
    )


def github_signature(secret: str, body: bytes) -> str:
    """Sign *body* as GitHub's documentation says."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _is_by(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True
