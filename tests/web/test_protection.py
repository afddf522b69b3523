"""Headers that keep a browser from running what a registry holds."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from notifier import app as composition
from notifier.config import Settings
from tests import factories

# One database is enough: headers do not depend on its kind.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SCRIPT = b"<!doctype html><script>fetch('/api/v1/users')</script>"
# A manifest may be any JSON object, of a media type that browsers show.
PAGE = b"{\"<script>fetch('/api/v1/users')</script>\": 1}"


def push_page(client: FlaskClient) -> None:
    pushed = client.put(
        "/v2/team/app/manifests/1.0",
        data=PAGE,
        content_type="application/xhtml+xml",
    )
    assert pushed.status_code == 201, pushed.text


def answers(client: FlaskClient) -> Iterator[TestResponse]:
    blob = factories.push_blob(client, SCRIPT)
    push_page(client)
    for path in (
        "/v2/",
        f"/v2/team/app/blobs/{blob}",
        "/v2/team/app/manifests/1.0",
        "/v2/team/app/tags/list",
        "/v2/team/app/manifests/2.0",
        "/v2/nope",
        "/auth/token",
        "/api/v1/events",
        "/api/v1/docs",
        "/api/v1/openapi.json",
        "/nope",
        "/healthz",
        "/metrics",
    ):
        yield client.get(path)


def test_no_answer_is_guessed_to_be_of_another_type(client: FlaskClient) -> None:
    for answer in answers(client):
        assert answer.headers.getlist("X-Content-Type-Options") == ["nosniff"]
        assert answer.headers.getlist("Referrer-Policy") == ["no-referrer"]


def test_no_answer_but_our_own_pages_may_load_or_run_anything(
    client: FlaskClient,
) -> None:
    for answer in answers(client):
        (policy,) = answer.headers.getlist("Content-Security-Policy")
        assert policy.startswith("default-src 'none'; ")
        assert "frame-ancestors 'none'" in policy
        is_ours = answer.request.path in {"/api/v1/docs", "/api/v1/openapi.json"}
        assert policy.endswith("sandbox") != is_ours


def test_what_was_pushed_is_for_saving_and_not_for_showing(
    client: FlaskClient,
) -> None:
    blob = factories.push_blob(client, SCRIPT)
    push_page(client)

    for path in (f"blobs/{blob}", "manifests/1.0"):
        answer = client.get(f"/v2/team/app/{path}")
        assert answer.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize("tls", [None, Path("cert.pem")])
def test_browsers_are_to_come_by_https_if_that_is_what_we_speak(
    settings: Settings, tls: Path | None
) -> None:
    app = composition.create_app(replace(settings, tls_certificate=tls, tls_key=tls))

    answer = app.test_client().get("/api/v1/docs")

    composition.close(app)
    told = answer.headers.get("Strict-Transport-Security")
    assert told == (None if tls is None else "max-age=31536000")
