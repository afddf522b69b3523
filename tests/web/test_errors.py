"""Every refusal outside ``/v2/`` is a problem; every one inside is the registry's."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from notifier.config import Settings
from notifier.db import Database, DatabaseFull, DatabaseUnavailable
from notifier.web.services import Services

_ENDPOINTS = "/api/v1/endpoints"


# One database is enough: errors do not depend on its kind.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _assert_problem(response: TestResponse, status: int) -> None:
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    problem = response.get_json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]


@pytest.mark.parametrize("path", ["/", "/nope", "/api/v1/nope", "/v1/", "/v3/"])
def test_an_unknown_route_is_a_problem(client: FlaskClient, path: str) -> None:
    _assert_problem(client.get(path), 404)


@pytest.mark.parametrize("path", [_ENDPOINTS, "/healthz", "/api/v1/docs"])
def test_a_wrong_method_is_a_problem_that_says_which_are_right(
    client: FlaskClient, path: str
) -> None:
    response = client.put(path)

    _assert_problem(response, 405)
    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize("path", ["/v2/nope", "/v2/team/app/nope"])
def test_the_registry_refuses_in_its_own_form(client: FlaskClient, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert response.content_type == "application/json"
    assert response.get_json()["errors"]


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"timeout_s": NaN}', "application/json", 400),
        (b"[]", "application/json", 422),
        (b'"x"', "application/json", 422),
        (b"name=ci", "application/x-www-form-urlencoded", 415),
        (b"{}", "", 415),
        (b"{}", "text/plain", 415),
        (b" " * (1024 * 1024 + 1), "application/json", 413),
        (b" " * (1024 * 1024 + 1), "text/plain", 413),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_body_that_cannot_be_read_is_a_problem(
    client: FlaskClient, body: bytes, media_type: str, status: int
) -> None:
    response = client.post(_ENDPOINTS, data=body, content_type=media_type)

    _assert_problem(response, status)


def test_a_body_in_chunks_may_be_no_longer(client: FlaskClient) -> None:
    response = client.post(
        _ENDPOINTS,
        input_stream=BytesIO(b"{}".ljust(1024 * 1024 + 1)),
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )

    _assert_problem(response, 413)


def test_a_body_up_to_a_mebibyte_is_read(client: FlaskClient) -> None:
    body = b"{}".ljust(1024 * 1024)

    response = client.post(_ENDPOINTS, data=body, content_type="application/json")

    _assert_problem(response, 422)


class TestSmallBodies:
    @pytest.fixture(name="settings")
    def _settings(self, settings: Settings) -> Settings:
        return replace(settings, max_body_kb=64)

    def test_how_long_a_body_may_be_can_be_set(self, client: FlaskClient) -> None:
        def post(length: int) -> TestResponse:
            body = b"{}".ljust(length)
            return client.post(_ENDPOINTS, data=body, content_type="application/json")

        _assert_problem(post(64 * 1024), 422)
        _assert_problem(post(64 * 1024 + 1), 413)


def test_a_body_where_none_is_read_is_refused(client: FlaskClient) -> None:
    path = f"{_ENDPOINTS}/00000000-0000-0000-0000-000000000000/pings"

    _assert_problem(client.post(path, json={"force": True}), 422)
    _assert_problem(client.post(path, data=b"x"), 415)
    _assert_problem(client.post(path, json={}), 404)


def test_a_parameter_where_none_is_read_is_refused(client: FlaskClient) -> None:
    path = f"{_ENDPOINTS}/00000000-0000-0000-0000-000000000000"

    response = client.get(f"{path}?verbose=1")

    _assert_problem(response, 422)
    assert response.get_json()["errors"][0]["parameter"] == "verbose"


def test_a_database_that_is_away_is_a_problem_to_try_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Database) -> Any:
        raise DatabaseUnavailable("password=hunter2")

    monkeypatch.setattr(Database, "read", refuse)

    response = client.get(_ENDPOINTS)

    _assert_problem(response, 503)
    assert response.headers["Retry-After"] == "1"
    assert "hunter2" not in response.text


def test_a_database_that_is_full_is_a_problem_of_its_own(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Database) -> Any:
        raise DatabaseFull("/var/lib/notifier.db")

    monkeypatch.setattr(Database, "read", refuse)

    response = client.get(_ENDPOINTS)

    _assert_problem(response, 507)
    assert "/var/lib" not in response.text


def test_a_fault_is_a_problem_that_tells_nothing_else(
    app: Flask, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(own.endpoints, "list", fail)

    response = app.test_client().get(_ENDPOINTS)

    _assert_problem(response, 500)
    assert "hunter2" not in response.text
    assert "X-Request-Id" in response.headers
