"""Headers that keep a browser from running what a registry holds.

Anybody who may push chooses the bytes and the media type of what is served from the
address at which others use the API. So a browser is to take nothing for a page, and
nothing on a page is to come from anywhere, unless a view says so: pages do.
"""

from collections.abc import Callable

from notifier.config import Settings

Headers = list[tuple[str, str]]

_POLICY = "Content-Security-Policy"
_NOTHING = (_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox")
_ALWAYS = [("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer")]
# A year, as preload lists ask for. Browsers heed it for all ports of a host's name.
_HTTPS_ONLY = ("Strict-Transport-Security", "max-age=31536000")


def make_protection(settings: Settings) -> Callable[[Headers], None]:
    """Make what adds to the headers of an answer what protects whoever reads it."""
    always = [*_ALWAYS]
    if settings.tls_certificate is not None:
        always.append(_HTTPS_ONLY)
    by_default = [*always, _NOTHING]

    def protect(headers: Headers) -> None:
        has_policy = any(name == _POLICY for name, _ in headers)
        headers += always if has_policy else by_default

    return protect
