"""Cursors: how one page of a listing names the next.

A cursor holds the key of the page's last item and a checksum, so that a mistyped or
foreign one is refused rather than answered with some other page. It is no secret.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2s
from uuid import UUID

_CHECK_SIZE = 5
_UUID_SIZE = 16
_FORM = re.compile(r"[A-Za-z0-9_-]{12,1024}", re.ASCII)
_SEPARATOR = "\0"


class CursorInvalid(Exception):
    """A cursor that no page of this listing has handed out."""

    def __init__(self) -> None:
        super().__init__("no page of this list has that cursor")


def render_cursor(listing: str, key: UUID) -> str:
    """Return the cursor for what follows *key* in *listing*."""
    return _render(listing, key.bytes)


def parse_cursor(listing: str, text: str) -> UUID:
    """Return the key that `render_cursor` was given; raise `CursorInvalid`."""
    key = _parse(listing, text)
    if len(key) != _UUID_SIZE:
        raise CursorInvalid
    return UUID(bytes=key)


def render_names(listing: str, names: Sequence[str]) -> str:
    """Return the cursor for what follows some names, which have no NUL in them."""
    return _render(listing, _SEPARATOR.join(names).encode())


def parse_names(listing: str, text: str) -> Sequence[str]:
    """Return the names that `render_names` was given; raise `CursorInvalid`."""
    try:
        return _parse(listing, text).decode().split(_SEPARATOR)
    except UnicodeDecodeError:
        raise CursorInvalid from None


def _render(listing: str, key: bytes) -> str:
    packed = key + _check(listing, key)
    return urlsafe_b64encode(packed).decode().rstrip("=")


def _parse(listing: str, text: str) -> bytes:
    if not _FORM.fullmatch(text):
        raise CursorInvalid
    try:
        packed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise CursorInvalid from None
    key = packed[:-_CHECK_SIZE]
    # Spare bits would let several texts stand for the same cursor.
    if _render(listing, key) != text:
        raise CursorInvalid
    return key


def _check(listing: str, key: bytes) -> bytes:
    return blake2s(key, digest_size=_CHECK_SIZE, person=listing.encode()[:8]).digest()
