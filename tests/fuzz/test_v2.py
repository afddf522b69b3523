"""The registry's API, asked in rows of requests that may build upon one another."""

import io
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests import factories
from tests.fuzz.asking import DIGEST, SESSION, Request, asked
from tests.web.auth.people import Headers

_ROW = 10


@pytest.mark.unmeasured
def test_no_request_to_the_registry_is_a_fault(
    client: FlaskClient, who: Headers, amount: int
) -> None:
    @settings(
        max_examples=max(amount // _ROW, 1),
        suppress_health_check=list(HealthCheck),
        phases=(Phase.reuse, Phase.generate, Phase.shrink),
    )
    @given(st.lists(asked, min_size=_ROW, max_size=_ROW))
    def ask(row: list[Request]) -> None:
        session = "/v2/team/app/blobs/uploads/x"
        for request in row:
            response = _send(client, request, who, session)
            assert response.status_code < 500, request
            if response.status_code == 202 and "Location" in response.headers:
                session = urlsplit(response.headers["Location"]).path

    ask()


def _send(
    client: FlaskClient, request: Request, who: Headers, session: str
) -> TestResponse:
    body: dict[str, Any] = {"data": request.content}
    headers = {**who, **request.headers}
    if request.is_chunked:
        headers["Transfer-Encoding"] = "chunked"
        body = {
            "input_stream": io.BytesIO(request.content),
            "environ_overrides": {"wsgi.input_terminated": True},
        }
    return client.open(
        request.path.replace(SESSION, session),
        method=request.method,
        query_string={
            name: text.replace(DIGEST, factories.digest(request.content))
            for name, text in request.query.items()
        },
        headers=headers,
        **body,
    )
