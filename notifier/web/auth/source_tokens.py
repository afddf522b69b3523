"""The tokens of sources, in whatever way their senders can show them."""

from base64 import b64decode
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PARAMETER = "token"


def tokens_of(environ: "WSGIEnvironment") -> Iterator[str]:
    """Yield whatever may be the token: a proxy may have put something beside it."""
    if given := environ.get("HTTP_AUTHORIZATION"):
        yield _token_of(given)
    if given := environ.get("HTTP_X_NOTIFIER_TOKEN"):
        yield given
    if query := environ.get("QUERY_STRING"):
        yield from parse_qs(query).get(PARAMETER, ())


def _token_of(authorization: str) -> str:
    """Return the token of a header: what follows Bearer, a password, or all of it."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() != "basic":
        return authorization
    try:
        return b64decode(given).decode().partition(":")[2]
    except ValueError:  # no Base64, or no text
        return ""
