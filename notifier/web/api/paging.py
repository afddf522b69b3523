"""Pages: lists come in parts, and each part names the next."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request

from notifier.audit.cursor import parse_cursor, render_cursor
from notifier.web.requests import registry_url

LINK_HEADER = {
    "Link": {
        "description": 'The next page, if there is one, as `<URL>; rel="next"`.',
        "schema": {"type": "string"},
    }
}

Answer = tuple[dict[str, Any], dict[str, str]]


def list_page(
    listing: str,
    arguments: dict[str, Any],
    find: Callable[[UUID | None, int], Sequence[Any]],
) -> Answer:
    """Answer with the page that *arguments* name, by *find* (before, limit).

    *find* is asked for one item more than the page has: it tells of a next page.
    """
    limit = arguments["limit"]
    found = find(cursor_of(listing, arguments), limit + 1)
    items = found[:limit]
    return render_page(listing, items, items[-1].id if len(found) > limit else None)


def cursor_of(listing: str, arguments: dict[str, Any]) -> UUID | None:
    """Return what the page's items are older than; raise `CursorInvalid`."""
    text = arguments.get("cursor")
    return None if text is None else parse_cursor(listing, text)


def render_page(listing: str, items: Sequence[Any], next_: UUID | None) -> Answer:
    """Answer with *items* and the way to what is older than *next_*."""
    return render_items(items, None if next_ is None else render_cursor(listing, next_))


def render_items(items: Sequence[Any], cursor: str | None) -> Answer:
    """Answer with *items* and the way to the page of *cursor*, if there is one."""
    if cursor is None:
        return {"items": items, "next": None}, {}
    kept = [(name, text) for name, text in request.args.items(multi=True)]
    query = urlencode(
        [*(pair for pair in kept if pair[0] != "cursor"), ("cursor", cursor)]
    )
    url = f"{registry_url()}{request.path}?{query}"
    return {"items": items, "next": cursor}, {"Link": f'<{url}>; rel="next"'}
