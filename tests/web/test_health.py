"""What operators watch: answered in time, whatever is broken."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from notifier import app as composition
from notifier.config import Settings
from notifier.db import Database, DatabaseUnavailable
from notifier.web import health, probes
from notifier.web.services import Services
from tests import factories, servers


@pytest.fixture(name="redis_url")
def _redis_url(tmp_path: Path) -> Iterator[str]:
    with servers.redis_server(tmp_path / "r.sock") as url:
        yield url


@pytest.fixture(name="hang")
def _hang() -> Iterator[threading.Event]:
    """Give an event that hangs whoever waits for it, until the test is over."""
    released = threading.Event()
    yield released
    released.set()


def _readiness(client: FlaskClient) -> tuple[int, str, dict[str, str]]:
    response = client.get("/readyz")
    body = response.get_json()
    return response.status_code, body["status"], body["checks"]


def _storage_probes() -> set[threading.Thread]:
    return {t for t in threading.enumerate() if t.name == "probe-storage"}


def test_a_process_that_answers_is_healthy(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Database) -> Any:
        raise DatabaseUnavailable

    monkeypatch.setattr(Database, "read", refuse)

    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.get_json() == {"status": "ok"}
    assert response.headers["Cache-Control"] == "no-store"


def test_all_parts_that_work_are_named(settings: Settings, redis_url: str) -> None:
    app = composition.create_app(
        Settings(
            database_url=settings.database_url,
            data_dir=settings.data_dir,
            redis_url=redis_url,
        )
    )

    found = _readiness(app.test_client())

    composition.close(app)
    assert found == (200, "ok", dict.fromkeys(("database", "storage", "redis"), "ok"))


def test_without_redis_the_service_is_degraded_but_ready(client: FlaskClient) -> None:
    status, word, checks = _readiness(client)

    assert (status, word) == (200, "degraded")
    assert checks == {"database": "ok", "storage": "ok", "redis": "down"}


def test_without_its_database_the_service_is_down(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Database) -> Any:
        raise DatabaseUnavailable("password=hunter2")

    monkeypatch.setattr(Database, "read", refuse)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.get_json()["status"] == "down"
    assert response.get_json()["checks"]["database"] == "down"
    assert "hunter2" not in response.text


def test_without_its_storage_the_service_is_down(
    client: FlaskClient, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr(own.storage, "check", refuse, raising=False)

    status, _, checks = _readiness(client)

    assert status == 503
    assert checks["storage"] == "down"


def test_a_part_that_hangs_is_not_waited_for(
    client: FlaskClient,
    own: Services,
    hang: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "_TIMEOUT_S", 0.2)
    monkeypatch.setattr(own.storage, "check", hang.wait)
    others = _storage_probes()
    begun = time.monotonic()

    first = _readiness(client)
    second = _readiness(client)

    assert time.monotonic() - begun < 2
    assert first[0] == second[0] == 503
    assert second[2]["storage"] == "timeout"
    assert second[2]["database"] == "ok"
    assert len(_storage_probes() - others) == 1


def test_a_part_that_comes_back_is_found_so(
    client: FlaskClient,
    own: Services,
    hang: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "_TIMEOUT_S", 0.2)
    monkeypatch.setattr(own.storage, "check", hang.wait)
    _readiness(client)
    hang.set()
    monkeypatch.setattr(health, "_TIMEOUT_S", 5.0)

    assert _readiness(client)[2]["storage"] == "ok"


def test_readiness_waits_for_no_writer(client: FlaskClient, own: Services) -> None:
    with own.database.transaction():
        status, _, checks = _readiness(client)

    assert status == 200
    assert checks["database"] == "ok"


def test_requests_are_counted_by_route_and_never_by_path(client: FlaskClient) -> None:
    client.get("/v2/")
    client.get("/v2/secret/project/blobs/sha256:abc")
    client.get("/nope/hunter2")
    client.open("/healthz", method="BREW")

    figures = client.get("/metrics").text

    assert 'requests_total{method="GET",route="/v2/",status="200"} 1.0' in figures
    assert 'requests_total{method="GET",route="none",status="404"} 1.0' in figures
    assert 'requests_total{method="other",route="none",status="405"} 1.0' in figures
    assert "secret" not in figures
    assert "hunter2" not in figures
    assert 'request_duration_seconds_count{method="GET",route="/v2/"} 1.0' in figures


def test_the_outbox_is_measured_when_it_is_asked_for(client: FlaskClient) -> None:
    assert "notifier_outbox_deliveries 0.0" in client.get("/metrics").text
    client.post(
        "/api/v1/endpoints",
        json={
            "name": "ci",
            "url": "http://127.0.0.1:9/",
            "filters": {"kinds": ["*"]},
        },
    )
    factories.push_blob(client)

    figures = client.get("/metrics").text

    assert "notifier_outbox_deliveries 1.0" in figures
    [oldest] = [
        float(line.split()[1])
        for line in figures.splitlines()
        if line.startswith("notifier_outbox_oldest_seconds ")
    ]
    assert 0 <= oldest < 60


def test_figures_are_shown_without_a_database(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Database) -> Any:
        raise DatabaseUnavailable

    client.get("/healthz")
    client.get("/metrics")
    monkeypatch.setattr(Database, "read", refuse)

    response = client.get("/metrics")

    assert response.status_code == 200
    assert response.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert 'route="/healthz"' in response.text
    assert "notifier_outbox" not in response.text


def test_the_failure_of_a_part_is_logged(
    app: Flask, monkeypatch: pytest.MonkeyPatch, own: Services
) -> None:
    def refuse() -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr(own.storage, "check", refuse)

    with structlog.testing.capture_logs() as lines:
        app.test_client().get("/readyz")

    assert {
        "event": "probe_failed",
        "log_level": "warning",
        "part": "storage",
        "error": "read-only file system",
    } in lines


def test_of_those_who_ask_a_part_that_hangs_only_so_many_wait(
    hang: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "_MAX_ASKERS", 2)
    probe = probes.Probe("part", hang.wait)

    answers = [probe.ask() for _ in range(10)]

    assert answers[-1](60.0) == probes.TIMEOUT
    hang.set()
    assert answers[0](60.0) == probes.OK
