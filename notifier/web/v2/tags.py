"""The tags of a repository."""

import orjson
from flask import Response

from notifier.registry import tags
from notifier.registry.reference import parse_repository
from notifier.web.services import services
from notifier.web.v2.pages import MAX_PAGE_SIZE, next_link, parse_page_size, parse_text


def list_tags(repository: str) -> Response:
    """List tags in lexical order, a page of them if ``n`` says so."""
    repository, size = parse_repository(repository), parse_page_size()
    limit = MAX_PAGE_SIZE if size is None else size
    with services().database.read() as connection:
        found = tags.list_tags(
            connection, repository, last=parse_text("last"), limit=limit + 1
        )
    page = found[:limit]
    response = Response(
        orjson.dumps({"name": repository, "tags": page}),
        content_type="application/json",
    )
    if page and len(found) > limit:
        response.headers["Link"] = next_link(last=page[-1], n=limit)
    return response
