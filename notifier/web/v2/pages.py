"""Listings in pages: ``n``, ``last`` and ``Link``."""

from urllib.parse import urlencode

from flask import request
from werkzeug.exceptions import BadRequest

from notifier.registry.errors import PageSizeInvalid

MAX_PAGE_SIZE = 10_000


def parse_page_size() -> int | None:
    """Return the ``n`` of the request; raise `PageSizeInvalid`.

    A page that is asked to be larger than `MAX_PAGE_SIZE` is that large.
    """
    text = request.args.get("n")
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdecimal()):
        raise PageSizeInvalid({"n": text[:32]})
    return min(int(text[:9]), MAX_PAGE_SIZE)


def parse_text(name: str) -> str | None:
    """Return a parameter that is compared with texts of the database.

    None of them holds a NUL character, and PostgreSQL refuses to compare with one.
    """
    text = request.args.get(name)
    if text and "\0" in text:
        raise BadRequest
    return text


def next_link(**parameters: str | int | None) -> str:
    """Return the ``Link`` to the page after this one."""
    query = urlencode({k: v for k, v in parameters.items() if v is not None})
    return f'<{request.script_root}{request.path}?{query}>; rel="next"'
