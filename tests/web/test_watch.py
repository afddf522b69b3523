"""One line for each request: enough to find it again, and nothing to be ashamed of."""

import json
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from notifier import app as composition
from notifier.config import LogFormat, Settings
from notifier.web.services import get_services

# One database is enough: no line depends on its kind.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _lines(app: Flask, capture: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    get_services(app).request_log.flush()
    lines = [json.loads(line) for line in capture.readouterr().err.splitlines()]
    return [line for line in lines if line["event"] == "request"]


def test_a_request_is_one_line(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    response = client.get("/healthz?token=hunter2")

    [line] = _lines(client.application, capsys)
    request_id = response.headers["X-Request-Id"]
    assert UUID(request_id).version == 7
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("duration_ms") >= 0
    assert line == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "path": "/healthz",
        "status": 200,
        "addr": "127.0.0.1",
        "request_id": request_id,
    }


@pytest.mark.parametrize("path", ["/nope", "/v2/nope", "/api/v1/events?x=1"])
def test_a_refused_request_is_a_line_too(
    client: FlaskClient, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    response = client.get(path)

    [line] = _lines(client.application, capsys)
    assert line["status"] == response.status_code
    assert line["request_id"] == response.headers["X-Request-Id"]


def test_no_secret_is_in_a_line(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    created = client.post(
        "/api/v1/endpoints",
        json={
            "name": "ci",
            "url": "http://127.0.0.1:9/?key=hunter2",
            "headers": {"Authorization": "hunter2"},
        },
        headers={"Authorization": "Basic hunter2"},
    ).get_json()

    get_services(client.application).request_log.flush()
    written = capsys.readouterr().err
    assert "/api/v1/endpoints" in written
    assert "hunter2" not in written
    assert created["secret"] not in written


def test_a_path_cannot_make_lines_of_its_own(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    app = composition.create_app(
        Settings(
            database_url=settings.database_url,
            data_dir=settings.data_dir,
            log_format=LogFormat.CONSOLE,
        )
    )
    capsys.readouterr()

    app.test_client().get("/nope%0A2026-05-01%20[info]%20all%20is%20well%1B[2J")
    app.test_client().get("/" + "x" * 10_000)

    composition.close(app)
    written = capsys.readouterr().err
    assert written.count("\n") == 2
    assert "\x1b[2J" not in written
    assert len(written) < 2000


def test_an_event_names_the_request_that_is_logged(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    client = app.test_client()
    created = client.post(
        "/api/v1/endpoints", json={"name": "log", "url": "http://127.0.0.1:9/"}
    ).get_json()
    _lines(app, capsys)

    ping = client.post(f"/api/v1/endpoints/{created['id']}/pings")

    [line] = _lines(app, capsys)
    event = client.get(f"/api/v1/events/{ping.get_json()['event_id']}").get_json()
    assert event["event"]["request"]["id"] == line["request_id"]
