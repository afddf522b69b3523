"""What all of ``/v2/`` has in common, and its root."""

from collections.abc import Mapping

from flask import Response, current_app, request

from notifier.registry.digest import Digest
from notifier.registry.errors import Unsupported
from notifier.web.services import services

_READS = {"GET", "HEAD", "OPTIONS"}


def get_base() -> Response:
    """Say that this is a registry."""
    return Response("{}", content_type="application/json")


def name_api_version(response: Response) -> Response:
    """Add the header by which old clients know a registry."""
    response.headers["Docker-Distribution-Api-Version"] = "registry/2.0"
    return response


def refuse_writes_if_read_only() -> None:
    """Raise `Unsupported` for a write, if the registry is set up so."""
    if services().settings.read_only and request.method not in _READS:
        raise Unsupported({"reason": "the registry is read-only"})


def refuse_deletes_if_off() -> None:
    """Raise `Unsupported` if the registry is set up to keep everything."""
    if not services().settings.delete:
        raise Unsupported({"reason": "deletion is switched off"})


def allowed_methods() -> str:
    """List what the current URL takes, now that its present method is refused."""
    routes = current_app.url_map.bind_to_environ(request.environ)
    methods = set(routes.allowed_methods())
    if services().settings.read_only:
        methods &= _READS
    return ", ".join(sorted(methods - {request.method}))


def is_known_to_client(digest: Digest) -> bool:
    """Tell whether the client says that it has the content already (RFC 9110, 13.1.2).

    Few clients say anything about that, and reading nothing takes time as well.
    """
    return "HTTP_IF_NONE_MATCH" in request.environ and (
        request.if_none_match.contains_weak(digest)
    )


def created(location: str, headers: Mapping[str, str]) -> Response:
    """Answer 201 with an empty body."""
    response = Response(status=201)
    del response.headers["Content-Type"]
    response.headers["Location"] = location
    response.headers.update(headers)
    return response


def accepted() -> Response:
    """Answer 202 with an empty body."""
    response = Response(status=202)
    del response.headers["Content-Type"]
    return response
