"""The tokens of sources: random and long, so that a fast hash of one may be stored."""

import hmac
import secrets
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

PREFIX: Final = "nts_"

_RANDOM_BYTES: Final = 32
# What no token can be the digest of: asked for where there is no source.
NO_DIGEST: Final = bytes(sha256().digest_size)


def new_token() -> str:
    """Make a token: its characters can stand in a URL as they are."""
    return PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def digest_of(token: str) -> bytes:
    """Return what is stored of a token."""
    return sha256(token.encode(errors="replace")).digest()


def is_among(digest: bytes, tokens: Iterable[str]) -> bool:
    """Tell whether one of *tokens* has that digest, in the time it takes to look."""
    found = [hmac.compare_digest(digest, digest_of(token)) for token in tokens]
    return any(found)
