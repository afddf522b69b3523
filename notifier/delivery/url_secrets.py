"""Secrets within a URL: some receivers want their key in the path or in the query.

Where one stands, the URL says its name in braces, ``…/hook/{key}``. So it is kept and
shown; the values lie beside it, encrypted, and are put in when something is sent.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from notifier.delivery.errors import EndpointInvalid

_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_PLACE = re.compile(r"\{([^{}]*)\}")
_MAX_SECRETS = 10
_MAX_LENGTH = 500


def checked_url_secrets(url: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return *secrets* if they are those that *url* names; raise `EndpointInvalid`.

    No value is repeated in an error.
    """
    if len(secrets) > _MAX_SECRETS:
        raise EndpointInvalid("url_secrets", f"there may be {_MAX_SECRETS} at most")
    for name, value in secrets.items():
        _check(name, value)
    named = _named(url)
    for name in named:
        if name not in secrets:
            raise EndpointInvalid("url", f"{{{name}}} has no value in url_secrets")
    for name in secrets:
        if name not in named:
            raise EndpointInvalid(
                f"url_secrets.{name}", f"the URL does not say {{{name}}}"
            )
    return dict(secrets)


def still_named(url: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return those *secrets* that *url* names."""
    named = set(_PLACE.findall(url))
    return {name: value for name, value in secrets.items() if name in named}


def fill_in(url: str, secrets: Mapping[str, str]) -> str:
    """Return the URL to send to. What it holds in braces otherwise stays as it is."""
    if not secrets:
        return url
    values = {name: quote(value, safe="") for name, value in secrets.items()}
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), url)


def _named(url: str) -> set[str]:
    """Return the names in braces; raise `EndpointInvalid` for other braces."""
    if re.search(r"[{}]", _PLACE.sub("", url)):
        raise EndpointInvalid("url", "braces stand around the names of url_secrets")
    if re.search(r"[{}]", urlsplit(url).netloc):
        raise EndpointInvalid("url", "a host is not secret: no braces there")
    return set(_PLACE.findall(url))


def _check(name: str, value: str) -> None:
    if not _NAME.fullmatch(name):
        raise EndpointInvalid(
            "url_secrets", "a name is a letter and then letters, digits and _"
        )
    if not 0 < len(value) <= _MAX_LENGTH or not value.isprintable():
        raise EndpointInvalid(
            f"url_secrets.{name}", f"must be 1 to {_MAX_LENGTH} visible characters"
        )
