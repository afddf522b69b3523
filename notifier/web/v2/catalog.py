"""The repositories of the registry: Docker's extra."""

import orjson
from flask import Response

from notifier.registry import repositories
from notifier.web.auth.callers import current_caller
from notifier.web.services import services
from notifier.web.v2.pages import next_link, parse_page_size, parse_text

_DEFAULT_PAGE_SIZE = 100


def list_repositories() -> Response:
    """List names in lexical order, in pages; only those that the caller may see."""
    size = parse_page_size()
    limit = _DEFAULT_PAGE_SIZE if size is None else size
    with services().database.read() as connection:
        found = repositories.list_repositories(
            connection,
            last=parse_text("last"),
            limit=limit + 1,
            globs=current_caller().catalog_globs(),
        )
    page = found[:limit]
    response = Response(
        orjson.dumps({"repositories": page}), content_type="application/json"
    )
    if page and len(found) > limit:
        response.headers["Link"] = next_link(last=page[-1], n=limit)
    return response
