"""The REST API, asked by its own OpenAPI document and against it."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from werkzeug.test import run_wsgi_app

from notifier.web.services import get_services
from tests.fuzz.contents import URL, Contents
from tests.web.auth.people import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
_OFTEN = 0.7
_IN_QUERIES = {"endpoint": "endpoint_id", "event": "event_id"}
_IN_BODIES: Mapping[str, Callable[[random.Random], str]] = {
    "url": lambda _: URL,
    "name": lambda chance: f"n{chance.randrange(10**9)}",
    "subject": lambda _: "user:bob",
}

AnyCase = Case[Any]
AnyOperation = APIOperation[Any, Any, Any, Any]


@pytest.mark.unmeasured
def test_no_request_to_the_api_is_a_fault(
    app: Flask, contents: Contents, who: Headers, amount: int
) -> None:
    # Streams are over before they begin: others would go on for ever.
    get_services(app).streams.end()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", _closing(app))
    operations = list(_operations(schema))
    share = max(amount // len(operations), 1)

    for operation in operations:
        _ask(operation, contents, who, share)


def _closing(app: "WSGIApplication") -> "WSGIApplication":
    """Have each answer closed, as servers do: some are counted until then."""

    def answer(
        environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        parts, status, headers = run_wsgi_app(app, environ, buffered=True)
        start_response(status, headers.to_wsgi_list())
        return parts

    return answer


def _operations(schema: BaseSchema) -> Iterator[AnyOperation]:
    """Give all operations; what is there is asked for before it is removed."""
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    yield from sorted(found, key=lambda each: each.method.upper() == "DELETE")


def _ask(operation: AnyOperation, contents: Contents, who: Headers, share: int) -> None:
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in _MODES))

    @settings(
        max_examples=share,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.reuse, Phase.generate, Phase.shrink),
    )
    @given(cases, st.randoms(use_true_random=False))
    def ask(case: AnyCase, chance: random.Random) -> None:
        _ground(case, contents, chance)
        response = case.call(headers=dict(who))
        assert response.status_code < 500, case.as_curl_command()

    ask()


def _ground(case: AnyCase, contents: Contents, chance: random.Random) -> None:
    """Let a case, as often as not, name what is there, and be what could be."""
    for name in case.path_parameters or {}:
        if name in contents.known and chance.random() < _OFTEN:
            case.path_parameters[name] = chance.choice(contents.known[name])
    for name in _IN_QUERIES.keys() & (case.query or {}).keys():
        if chance.random() < _OFTEN:
            case.query[name] = chance.choice(contents.known[_IN_QUERIES[name]])
    if isinstance(case.body, dict):
        for name in _IN_BODIES.keys() & case.body.keys():
            if chance.random() < _OFTEN:
                case.body[name] = _IN_BODIES[name](chance)
