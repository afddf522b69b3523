"""A preset, and what the presets have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.fields import checked_url

# An image that was pushed by its tag: the parts of an index, which are pushed by their
# digests, start no build of their own.
PUSHES_BY_TAG: Final = {"actions": ["push"], "kinds": ["manifest"], "tags": ["*"]}
JSON_HEADER: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something to know about a receiver. Without a *default* it may be left out."""

    name: str
    about: str
    is_required: bool = False
    is_secret: bool = False
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A kind of receiver. *fill_in* makes the fields of an endpoint of its options."""

    name: str
    about: str
    options: tuple[Option, ...]
    fill_in: Callable[[Mapping[str, str]], dict[str, Any]]


def url_option(about: str, default: str | None = None) -> Option:
    """Make the option that says where the receiver is."""
    return Option(name="url", about=about, is_required=default is None, default=default)


def token_option(about: str, *, is_required: bool = True) -> Option:
    """Make the option for what lets us in."""
    return Option(name="token", about=about, is_required=is_required, is_secret=True)


def below(url: str, path: str) -> str:
    """Return the address of *path* at the receiver; raise `EndpointInvalid`."""
    if "?" in url or "#" in url:
        raise EndpointInvalid("preset.url", "must be an address without ? and #")
    return f"{checked(url).rstrip('/')}/{path}"


def checked(url: str) -> str:
    """Return *url* if it can be written to; raise `EndpointInvalid`."""
    try:
        return checked_url(url)
    except EndpointInvalid as error:
        raise EndpointInvalid("preset.url", error.reason) from None


def bearer(token: str) -> dict[str, str]:
    """Return the header that shows *token*."""
    return {"Authorization": f"Bearer {token}"}
