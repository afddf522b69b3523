"""What an endpoint's name, URL and time limit may be."""

import math
import re
from urllib.parse import urlsplit

from notifier.delivery.errors import EndpointInvalid

MIN_TIMEOUT_S = 0.1
MAX_TIMEOUT_S = 60.0

_MAX_NAME_LENGTH = 100
_MAX_URL_LENGTH = 2048
# Names with underscores are no host names, but Docker's networks have them. An IPv6
# address is checked by whoever split the URL.
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


def checked_name(name: str) -> str:
    """Return *name* if an endpoint can be called so; raise `EndpointInvalid`."""
    if not 0 < len(name) <= _MAX_NAME_LENGTH:
        raise EndpointInvalid("name", f"must have 1 to {_MAX_NAME_LENGTH} characters")
    if not name.isprintable() or name != name.strip():
        raise EndpointInvalid(
            "name", "must be visible characters, without space at its ends"
        )
    return name


def checked_url(url: str) -> str:
    """Return *url* if it can be written to; raise `EndpointInvalid`.

    The URL is not repeated in an error: it may hold a password.
    """
    if len(url) > _MAX_URL_LENGTH:
        raise EndpointInvalid("url", f"must have at most {_MAX_URL_LENGTH} characters")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise EndpointInvalid("url", "must be visible ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise EndpointInvalid("url", "cannot be understood") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise EndpointInvalid("url", "must be http:// or https://, and a host")
    if "@" in parts.netloc:
        raise EndpointInvalid("url", "must hold no user name: use a header")
    if not _HOST.fullmatch(parts.hostname):
        raise EndpointInvalid("url", "its host is neither a name nor an address")
    return url


def checked_timeout(timeout_s: float) -> float:
    """Return *timeout_s* if it is within bounds; raise `EndpointInvalid`."""
    if math.isnan(timeout_s) or not MIN_TIMEOUT_S <= timeout_s <= MAX_TIMEOUT_S:
        raise EndpointInvalid(
            "timeout_s", f"must be from {MIN_TIMEOUT_S:g} to {MAX_TIMEOUT_S:g} seconds"
        )
    return float(timeout_s)
