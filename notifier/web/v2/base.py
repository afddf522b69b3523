"""What all of ``/v2/`` has in common, and its root."""

from collections.abc import Callable, Mapping
from typing import Final

from flask import Response, current_app, request

from notifier.registry.errors import Unsupported
from notifier.registry.reference import parse_repository
from notifier.web.requests import current_origin
from notifier.web.services import services
from notifier.web.v2.reads import MET, Answer, Read

API_VERSION: Final = "Docker-Distribution-Api-Version", "registry/2.0"

_READS = {"GET", "HEAD", "OPTIONS"}


def get_base() -> Response:
    """Say that this is a registry."""
    return Response("{}", content_type="application/json")


def name_api_version(response: Response) -> Response:
    """Add the header by which old clients know a registry."""
    name, version = API_VERSION
    response.headers[name] = version
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


def answer_read(
    answer: Callable[[Read, str], Answer], repository: str, reference: str
) -> Response:
    """Send what is read, which the gate did not send; or raise what it has met."""
    if (error := request.environ.get(MET)) is not None:
        raise error
    read = Read(
        own=services(),
        environ=request.environ,
        origin=current_origin(),
        repository=parse_repository(repository),
    )
    status, headers, body = answer(read, reference)
    return Response(body, status, headers)


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
