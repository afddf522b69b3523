"""Headers that an endpoint's owner adds to each POST, such as ``Authorization``."""

import re
from collections.abc import Mapping

from notifier.delivery.errors import EndpointInvalid

MASK = "********"

# RFC 9110, sections 5.6.2 and 5.5; bytes beyond ASCII mean different things to
# different receivers.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_VALUE = re.compile(r"[!-~](?:[\t -~]{0,8190}[!-~])?")
_MAX_HEADERS = 20
_RESERVED_PREFIX = "webhook-"
_RESERVED = {
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-hub-signature-256",
    "x-signature",
}


def checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return *headers* if they can be sent; raise `EndpointInvalid`.

    No value is repeated in an error, for it may be a secret.
    """
    if len(headers) > _MAX_HEADERS:
        raise EndpointInvalid("headers", f"there may be {_MAX_HEADERS} at most")
    if len({name.lower() for name in headers}) < len(headers):
        raise EndpointInvalid("headers", "two have the same name")
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise EndpointInvalid("headers", "a name is not one by RFC 9110")
        if name.lower() in _RESERVED or name.lower().startswith(_RESERVED_PREFIX):
            raise EndpointInvalid(f"headers.{name}", "is not yours to set")
        if not _VALUE.fullmatch(value):
            raise EndpointInvalid(
                f"headers.{name}", "must be visible ASCII characters in one line"
            )
    return dict(headers)


def unmasked(headers: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    """Fill in the *present* value where only its mask came back."""
    values = {name.lower(): value for name, value in present.items()}
    return {
        name: values.get(name.lower(), value) if value == MASK else value
        for name, value in headers.items()
    }
