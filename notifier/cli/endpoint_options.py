"""Options of endpoints that hold names and values."""

from collections.abc import Iterator

import click

url_secret_option = click.option(
    "--url-secret",
    "url_secrets",
    multiple=True,
    metavar="NAME=FILE",
    help="Put what is in FILE where the URL says {NAME}; - is stdin. "
    "It is not shown again.",
)


def read_headers(texts: tuple[str, ...]) -> dict[str, str]:
    """Read what was given as ``Name: value``, or as ``@FILE``; raise `OSError`."""
    headers: dict[str, str] = {}
    for text in _header_lines(texts):
        name, colon, value = text.partition(":")
        if not colon:
            raise click.UsageError("a header is written 'Name: value'")
        headers[name.strip()] = value.strip()
    return headers


def read_url_secrets(texts: tuple[str, ...]) -> dict[str, str]:
    """Read the files that were given as ``NAME=FILE``; raise `OSError`."""
    secrets: dict[str, str] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if not equals:
            raise click.UsageError("a URL secret is written NAME=FILE")
        with click.open_file(path) as file:
            secrets[name] = file.read().strip()
    return secrets


def _header_lines(texts: tuple[str, ...]) -> Iterator[str]:
    for text in texts:
        if not text.startswith("@"):
            yield text
            continue
        with click.open_file(text[1:]) as file:
            yield from filter(str.strip, file)
