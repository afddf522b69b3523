"""The texts of settings, and what is read in them.

A reader takes the text and returns the value; it raises `ValueError`, which says what
would do. The text itself is left out: it may hold a password.
"""

from collections.abc import Callable
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network


def switch(text: str) -> bool:
    """Read ``on`` or ``off``."""
    if text.lower() in {"on", "true", "yes", "1"}:
        return True
    if text.lower() in {"off", "false", "no", "0"}:
        return False
    raise ValueError("say on or off")


def number(low: int, high: int) -> Callable[[str], int]:
    """Make what reads a whole number within bounds."""

    def parse(text: str) -> int:
        # Python refuses to read numbers of thousands of digits.
        if not text.isdecimal() or not low <= int(text[:20]) <= high:
            raise ValueError(f"say a whole number from {low} to {high}")
        return int(text)

    return parse


def choice(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    """Make what reads a member of *kind*."""

    def parse(text: str) -> StrEnum:
        try:
            return kind(text.lower())
        except ValueError:
            raise ValueError(f"say one of {', '.join(kind)}") from None

    return parse


def networks(text: str) -> tuple[Network, ...]:
    """Read addresses and networks."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part)
    except ValueError as error:
        raise ValueError(
            f"say addresses or networks, with commas between: {error}"
        ) from None


def ports(text: str) -> tuple[range, ...]:
    """Read ports and ranges of them."""
    return tuple(_port_range(part.strip()) for part in text.split(","))


def _port_range(text: str) -> range:
    low, dash, high = text.partition("-")
    try:
        first = number(1, 65535)(low)
        return range(first, (number(first, 65535)(high) if dash else first) + 1)
    except ValueError:
        raise ValueError(
            "say ports or ranges of them, with commas between: 443,8000-8999"
        ) from None


def url(*schemes: str) -> Callable[[str], str]:
    """Make what reads a URL of one of *schemes*."""

    def parse(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes:
            known = ", ".join(f"{scheme}://" for scheme in schemes)
            raise ValueError(f"say a URL that begins with one of {known}")
        try:
            _ = parts.port
        except ValueError:
            raise ValueError("say a URL whose port is a number up to 65535") from None
        return text

    return parse


def database_url(text: str) -> str:
    """Read the URL of a database that several processes can use."""
    parts = urlsplit(url("sqlite", "postgresql+psycopg", "postgresql")(text))
    if parts.scheme == "sqlite" and (
        parts.path in {"", "/"} or ":memory:" in text or "mode=memory" in parts.query
    ):
        # Each process, and each of its threads, would have a database of its own.
        raise ValueError("say a file: sqlite:////absolute/path or sqlite:///relative")
    return text


def web_url(text: str) -> str:
    """Read a URL that others can be sent to."""
    if not urlsplit(url("http", "https")(text)).hostname:
        raise ValueError("say a URL with a host")
    return text.rstrip("/")


def anonymous(text: str) -> tuple[str, ...]:
    """Read what anonymous callers may do: ``all`` is one word, ``none`` is none."""
    if text.lower() in {"all", "none"}:
        return ("all",) if text.lower() == "all" else ()
    words = tuple(part.strip() for part in text.lower().split(","))
    if set(words) - {"pull", "push", "delete"}:
        raise ValueError("say all, none, or some of pull,push,delete")
    return words


def key_set(text: str) -> str:
    """Read where a key set is: a file, or a URL."""
    if "://" in text and not urlsplit(url("https")(text)).hostname:
        raise ValueError("say a file, or https:// and a host")
    return text


def proxy_url(text: str) -> str:
    """Read the URL of an HTTP proxy."""
    parts = urlsplit(url("http")(text))
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("say http://host:port, and user:password@ before it if needed")
    return text.rstrip("/")
