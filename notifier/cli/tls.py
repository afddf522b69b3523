"""Options that say how a receiver is verified, and what it knows us by."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from notifier.cli.output import moment
from notifier.delivery.tls import KEYS, ShownTls

_HELP = {
    "ca": "Trust these authorities only: a file in PEM.",
    "client_certificate": "Show this certificate, its chain after it: a file in PEM.",
    "client_key": "The certificate's key: a file in PEM, not encrypted.",
}


def tls_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each part of an endpoint's own TLS."""
    for key in reversed(KEYS):
        option = click.option(
            f"--{key.replace('_', '-')}",
            key,
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help=_HELP[key],
        )
        function = option(function)
    return function


def take_tls(options: dict[str, Any]) -> dict[str, str] | None:
    """Take the options above out of *options*; return None if none was given."""
    paths = {key: path for key in KEYS if (path := options.pop(key))}
    # What is not text is not PEM, and refused as such.
    return {
        key: path.read_text(encoding="ascii", errors="replace")
        for key, path in paths.items()
    } or None


def describe_tls(tls: ShownTls | None) -> str:
    """Say in words what an endpoint's own TLS is, and how long it lasts."""
    if tls is None:
        return ""
    parts = {
        "own authorities": tls.ca_expires_at,
        "client certificate": tls.client_certificate_expires_at,
    }
    return "\n".join(
        f"{name} until {moment(until)}" for name, until in parts.items() if until
    )
