"""Cursors: how one page of a listing names the next.

A cursor holds the key of the page's last item and a checksum, so that a mistyped or
foreign one is refused rather than answered with some other page. It is no secret.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2s
from uuid import UUID

_CHECK_SIZE = 5
# Sixteen bytes of key and five of checksum, without padding or spare bits: no two
# texts stand for the same cursor.
_FORM = re.compile(r"[A-Za-z0-9_-]{28}", re.ASCII)


class CursorInvalid(Exception):
    """A cursor that no page of this listing has handed out."""


def render_cursor(listing: str, key: UUID) -> str:
    """Return the cursor for what follows *key* in *listing*."""
    return urlsafe_b64encode(key.bytes + _check(listing, key.bytes)).decode()


def parse_cursor(listing: str, text: str) -> UUID:
    """Return the key that `render_cursor` was given; raise `CursorInvalid`."""
    if not _FORM.fullmatch(text):
        raise CursorInvalid
    packed = urlsafe_b64decode(text)
    key, check = packed[:-_CHECK_SIZE], packed[-_CHECK_SIZE:]
    if check != _check(listing, key):
        raise CursorInvalid
    return UUID(bytes=key)


def _check(listing: str, key: bytes) -> bytes:
    return blake2s(key, digest_size=_CHECK_SIZE, person=listing.encode()[:8]).digest()
