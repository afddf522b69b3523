"""What all blueprints of the API have in common: how a request is read."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import flask_smorest
import marshmallow
import orjson
from flask import Request, Response, current_app, request
from webargs.core import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import (
    BadRequest,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)

from notifier.web.api import refusals
from notifier.web.auth.needs import Need, require
from notifier.web.services import services

_NOTHING = marshmallow.Schema()


class ArgumentParser(FlaskParser):
    """Reads parameters and bodies, and refuses what it does not know."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - webargs has it so
        "json": marshmallow.RAISE,
        "query": marshmallow.RAISE,
    }

    def load_querystring(self, req: Request, schema: marshmallow.Schema) -> Any:
        """Read the query; what is given twice would otherwise count once."""
        for name, texts in req.args.lists():
            field = schema.fields.get(name)
            if len(texts) > 1 and not isinstance(field, marshmallow.fields.List):
                raise marshmallow.ValidationError({name: ["Given more than once."]})
        return super().load_querystring(req, schema)

    def handle_error(
        self, error: marshmallow.ValidationError, *_: Any, **__: Any
    ) -> NoReturn:
        """Refuse the request."""
        raise refusals.ArgumentsInvalid(list(_errors(error.messages)))

    def _raw_load_json(self, req: Request) -> Any:
        body = read_body(req, services().settings.max_body_kb * 1024)
        if not body:
            return missing
        if req.mimetype != "application/json":
            raise UnsupportedMediaType("The body must be application/json.")
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise BadRequest(f"The body is not JSON: {error}.") from None


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # it has no types
    """A group of views under ``/api/v1``, each with what it needs of who asks."""

    ARGUMENTS_PARSER = ArgumentParser()

    def __init__(self, name: str, import_name: str, description: str) -> None:
        super().__init__(
            name, import_name, url_prefix="/api/v1", description=description
        )
        self.needs: dict[str, Need] = {}
        refusals.register(self)
        self.before_request(self._require)
        self.before_request(self._refuse_unread)
        self.after_request(_set_headers)

    def route(
        self, rule: str, *, needs: Need, **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Make the decorated function the view of a route, and say what that needs."""
        add = super().route(rule, **options)

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            endpoint = options.get("endpoint") or view.__name__
            self.needs[f"{self.name}.{endpoint}"] = needs
            described = self.doc(
                security=[{"bearer": []}, {"basic": []}], **{"x-needs": needs.value}
            )
            added: Callable[..., Any] = add(described(view))
            return added

        return decorate

    def _require(self) -> None:
        require(self.needs[request.endpoint or ""])

    def _refuse_unread(self) -> None:
        """Refuse parameters, or a body, where the view reads none."""
        if self.needs[request.endpoint or ""] is Need.SOURCE:
            # What others send is not ours to describe.
            return
        view = current_app.view_functions[request.endpoint or ""]
        arguments = getattr(view, "_apidoc", {}).get("arguments", {})
        read = {parameter["in"] for parameter in arguments.get("parameters", ())}
        for location in {"query", "json"} - read:
            self.ARGUMENTS_PARSER.parse(_NOTHING, location=location)


def read_body(req: Request, limit: int) -> bytes:
    """Return the body; raise `RequestEntityTooLarge` if it has more bytes than that."""
    # One byte more, for a body that comes in chunks is not refused but cut there.
    req.max_content_length = limit + 1
    body = req.get_data()
    if len(body) > limit:
        raise RequestEntityTooLarge
    return body


def _set_headers(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _errors(messages: Any) -> Iterator[dict[str, str]]:
    """Name the places of marshmallow's *messages*, by RFC 9457 and RFC 6901."""
    for location, rest in messages.items():
        for path, detail in _leaves(rest, ()):
            if location == "query":
                yield {"detail": detail, "parameter": path[0] if path else ""}
            else:
                yield {"detail": detail, "pointer": refusals.pointer(path)}


def _leaves(
    messages: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(messages, Mapping):
        for key, rest in messages.items():
            inner = path if key == "_schema" else (*path, str(key))
            yield from _leaves(rest, inner)
    elif isinstance(messages, list):
        for rest in messages:
            yield from _leaves(rest, path)
    else:
        yield path, str(messages)
