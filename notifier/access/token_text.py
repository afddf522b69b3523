"""API tokens as texts: ``ntf_``, thirty random characters, and six that check them.

By its beginning and its check a scanner of secrets knows one, as it knows GitHub's:
the last six are the CRC-32 of the thirty, all of them base 62.
"""

import hashlib
import re
import secrets
import string
import zlib
from typing import Final

PREFIX: Final = "ntf_"

# 30 characters are 178 bits: no salt is needed, nor a slow hash.
_RANDOM, _CHECK = 30, 6
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_TOKEN = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECK}}}", re.ASCII)


def new_token() -> str:
    """Make a token."""
    random = "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM))
    return PREFIX + random + _check(random)


def is_token(text: str) -> bool:
    """Tell whether *text* may be a token: its characters fit their check."""
    if not _TOKEN.fullmatch(text):
        return False
    random = text[len(PREFIX) : -_CHECK]
    return text[-_CHECK:] == _check(random)


def digest_of(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def _check(random: str) -> str:
    rest, check = zlib.crc32(random.encode()), ""
    for _ in range(_CHECK):
        rest, digit = divmod(rest, len(_DIGITS))
        check = _DIGITS[digit] + check
    return check
