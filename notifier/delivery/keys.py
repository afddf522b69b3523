"""What signatures are made with, as text: secrets, and Ed25519 key pairs.

Standard Webhooks writes a secret ``whsec_…``, a private key ``whsk_…`` and a public key
``whpk_…``: base64 of the bytes. A receiver in GitHub's manner takes any text.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Collection

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.signing import Signature

_SECRET = "whsec_"  # noqa: S105 - a prefix
_PRIVATE = "whsk_"
_PUBLIC = "whpk_"
_NEW_BYTES = 32
_MIN_BYTES, _MAX_BYTES = 24, 64
_MIN_LENGTH, _MAX_LENGTH = 16, 256
_TEXT = re.compile(rf"[!-~]{{{_MIN_LENGTH},{_MAX_LENGTH}}}")


def new_secret() -> str:
    """Make a secret."""
    return _SECRET + _base64(secrets.token_bytes(_NEW_BYTES))


def checked_secret(secret: str, signatures: Collection[Signature]) -> str:
    """Return *secret* if all *signatures* can be made with it.

    Raises `EndpointInvalid`, which does not repeat it.
    """
    if Signature.V1 in signatures and find_secret_bytes(secret) is None:
        raise EndpointInvalid(
            "secret",
            f"must be {_SECRET} and the base64 of {_MIN_BYTES} to {_MAX_BYTES} bytes, "
            "as v1 has it; another text will do only where v1 is not chosen",
        )
    if not _TEXT.fullmatch(secret):
        raise EndpointInvalid(
            "secret",
            f"must have {_MIN_LENGTH} to {_MAX_LENGTH} visible ASCII characters",
        )
    return secret


def find_secret_bytes(secret: str) -> bytes | None:
    """Return the bytes that v1 signs with; None for a text that has none."""
    try:
        content = base64.b64decode(secret.removeprefix(_SECRET), validate=True)
    except (binascii.Error, ValueError):
        return None
    fits = secret.startswith(_SECRET) and _MIN_BYTES <= len(content) <= _MAX_BYTES
    return content if fits else None


def new_private_key() -> str:
    """Make a private key."""
    return _PRIVATE + _base64(Ed25519PrivateKey.generate().private_bytes_raw())


def parse_private_key(text: str) -> Ed25519PrivateKey:
    """Read a private key that was made here."""
    content = base64.b64decode(text.removeprefix(_PRIVATE))
    return Ed25519PrivateKey.from_private_bytes(content)


def public_key_of(private_key: str) -> str:
    """Return what the receiver verifies with."""
    return _PUBLIC + _base64(
        parse_private_key(private_key).public_key().public_bytes_raw()
    )


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
