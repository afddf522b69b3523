"""The REST API's way in for what other registries send."""

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from notifier.db import DatabaseUnavailable
from notifier.web.gates.ingest import MAX_BODY
from notifier.web.services import Services, get_services
from tests import factories
from tests.ingest import told
from tests.web.api.conforming import ConformingClient

PATH = "/api/v1/ingest/registry-2"

Send = Callable[..., TestResponse]


@pytest.fixture(name="token")
def _token(api: ConformingClient) -> str:
    created = api.post("/sources", json={"name": "registry-2"}).get_json()
    token: str = created["token"]
    return token


@pytest.fixture(name="send")
def _send(client: FlaskClient, token: str) -> Send:
    """Give a function that sends a body as distribution does."""

    def send(body: bytes | None = None, path: str = PATH, **more: Any) -> TestResponse:
        options = {
            "content_type": "application/vnd.docker.distribution.events.v2+json",
            "headers": {"Authorization": f"Bearer {token}"},
        }
        data = told.envelope() if body is None else body
        return client.post(path, data=data, **options | more)

    return send


def _basic(password: str) -> str:
    return "Basic " + b64encode(f"registry:{password}".encode()).decode()


def _entries(client: FlaskClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(
        "/api/v1/events?action=push,pull,delete,mount"
    ).get_json()["items"]
    return items


@pytest.fixture(name="rejects")
def _rejects(api: ConformingClient) -> Callable[[], list[str]]:
    """Give a function that returns why something was kept aside."""

    def rejects() -> list[str]:
        [source] = api.get("/sources").get_json()["items"]
        page = api.get(f"/sources/{source['id']}/rejects").get_json()
        return [item["reason"] for item in page["items"]]

    return rejects


def test_an_event_is_in_the_log_with_its_source(
    send: Send, client: FlaskClient, api: ConformingClient
) -> None:
    event = told.event()

    answer = send(told.envelope(event))

    [entry] = _entries(client)
    assert answer.status_code == 200
    assert answer.get_json() == {"recorded": 1, "known": 0, "rejected": 0}
    assert entry["ingested"] == {"source": "registry-2", "id": event["id"]}
    assert entry["credential"] == "ingest"
    assert entry["event"] == {
        **event,
        "id": entry["event"]["id"],
    }
    shown = api.get(f"/events/{entry['event']['id']}").get_json()
    assert shown["ingested"] == entry["ingested"]


@pytest.mark.parametrize("name", ["a%00b", "a%0Ab", "-", "x" * 101, "%FF"])
def test_no_source_has_an_impossible_name(send: Send, name: str) -> None:
    for content_type in ("application/json", "text/plain"):
        refused = send(path=f"/api/v1/ingest/{name}", content_type=content_type)

        assert refused.status_code == 401
        assert "X-Request-Id" in refused.headers


def test_an_event_of_our_own_has_no_source(api: ConformingClient) -> None:
    api.post("/sources", json={"name": "registry-2"})

    [entry] = api.get("/events").get_json()["items"]

    assert entry["ingested"] is None


def test_an_event_that_comes_again_is_known(send: Send, client: FlaskClient) -> None:
    body = told.envelope()
    send(body)

    again = send(body)

    assert again.get_json() == {"recorded": 0, "known": 1, "rejected": 0}
    assert len(_entries(client)) == 1


def test_an_endpoint_is_told_once_of_what_came_twice(
    send: Send, api: ConformingClient
) -> None:
    endpoint = {"name": "ci", "url": "http://127.0.0.1:9/hook"}
    api.post("/endpoints", json=endpoint)
    body = told.envelope()

    send(body)
    send(body)

    [delivery] = api.get("/deliveries").get_json()["items"]
    entry = api.get(f"/events/{delivery['event_id']}").get_json()
    assert entry["ingested"]["source"] == "registry-2"


@pytest.mark.parametrize(
    "way",
    [
        lambda token: ({"Authorization": f"Bearer {token}"}, ""),
        lambda token: ({"Authorization": f"bearer  {token} "}, ""),
        lambda token: ({"Authorization": token}, ""),
        lambda token: ({"Authorization": _basic(token)}, ""),
        lambda token: ({"X-Notifier-Token": token}, ""),
        lambda token: ({}, f"?token={token}"),
        lambda token: ({"Authorization": "Basic eDp5"}, f"?token={token}"),
        lambda token: ({"Authorization": "Basic ?"}, f"?token=x&token={token}"),
        lambda token: ({"Authorization": "Basic \xe9"}, f"?token={token}"),
    ],
    ids=[
        "bearer",
        "spaces",
        "bare",
        "basic",
        "header",
        "query",
        "proxy",
        "twice",
        "not ASCII",
    ],
)
def test_a_token_may_come_in_any_of_these_ways(
    send: Send, token: str, way: Callable[[str], tuple[dict[str, str], str]]
) -> None:
    headers, query = way(token)

    answer = send(path=PATH + query, headers=headers)

    assert answer.get_json() == {"recorded": 1, "known": 0, "rejected": 0}


def test_no_answer_tells_which_sources_there_are(
    send: Send, token: str, client: FlaskClient
) -> None:
    answers = [
        send(headers={}),
        send(headers={"Authorization": "Bearer x"}),
        send(path="/api/v1/ingest/none"),
        send(path="/api/v1/ingest/none", headers={}),
        send(path=f"/api/v1/ingest/none?token={token}", headers={}),
        send(b"", headers={}),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert answers[0].content_type == "application/problem+json"
    assert "Bearer" in answers[0].headers["WWW-Authenticate"]
    assert _entries(client) == []


def test_a_wrong_token_is_on_the_record(send: Send, api: ConformingClient) -> None:
    send(path=f"{PATH}?token=hunter2", headers={})
    send(headers={})

    items = api.get("/events?action=denied").get_json()["items"]

    [detail] = [item["event"]["detail"] for item in items]
    assert detail == {"status": 401, "reason": "source_token", "path": PATH}


def test_a_rotated_token_counts_at_once(send: Send, api: ConformingClient) -> None:
    send()
    [source] = api.get("/sources").get_json()["items"]

    renewed = api.post(f"/sources/{source['id']}/token").get_json()["token"]

    assert send().status_code == 401
    assert send(headers={"X-Notifier-Token": renewed}).status_code == 200


def test_a_disabled_source_takes_nothing(send: Send, api: ConformingClient) -> None:
    [source] = api.get("/sources").get_json()["items"]
    api.patch(f"/sources/{source['id']}", json={"enabled": False})

    answer = send()

    assert answer.status_code == 403
    assert answer.get_json()["detail"] == "The source is disabled."


def _log(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> str:
    get_services(client.application).request_log.flush()
    return capsys.readouterr().err


def test_a_token_in_the_address_is_in_no_log(
    send: Send, token: str, client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    for body, path in (
        (told.envelope(), f"{PATH}?token={token}"),
        (b"{", f"{PATH}?token={token}"),
        (told.envelope(), f"{PATH}?token={token}&more=1"),
        (told.envelope(), f"/api/v1/ingest/none?token={token}"),
    ):
        send(body, path=path, headers={})

    written = _log(client, capsys)
    paths = [json.loads(line)["path"] for line in written.splitlines()]
    assert paths[-4:-1] == [PATH] * 3
    assert token not in written
    assert token not in client.get("/api/v1/events").text


def test_a_request_is_logged_and_counted_by_its_route(
    send: Send, client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    _log(client, capsys)

    answer = send()

    [line] = map(json.loads, _log(client, capsys).splitlines())
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["method"], line["path"], line["status"]) == ("POST", PATH, 200)
    assert line["addr"] == "127.0.0.1"
    route = 'method="POST",route="/api/v1/ingest/<name>",status="200"'
    assert f"notifier_http_requests_total{{{route}}}" in client.get("/metrics").text


@pytest.mark.parametrize(
    ("body", "more", "status", "reason"),
    [
        (b"", {}, 400, "the body is not JSON"),
        (b"{", {}, 400, "the body is not JSON"),
        (b"{}", {}, 400, "the body is nothing that a registry of a known kind sends"),
        (None, {"content_type": "text/plain"}, 415, "The content type must be one of"),
        (b" " * (MAX_BODY + 1), {}, 413, "The body has more than 4 MiB."),
        (
            json.dumps({"events": [0] * 10_001}).encode(),
            {},
            413,
            "one request may bring 10,000 events at most",
        ),
        (None, {"path": f"{PATH}?tag=1"}, 400, "The only parameter is token."),
    ],
)
def test_what_holds_no_events_is_refused_and_kept_aside(
    send: Send,
    rejects: Callable[[], list[str]],
    *,
    body: bytes | None,
    more: dict[str, Any],
    status: int,
    reason: str,
) -> None:
    answer = send(body, **more)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["detail"].lower().startswith(reason.lower())
    [kept] = rejects()
    assert kept.startswith(reason)


def test_a_body_must_not_be_compressed(send: Send, token: str) -> None:
    headers = {"X-Notifier-Token": token, "Content-Encoding": "gzip"}

    answer = send(gzip.compress(told.envelope()), headers=headers)

    assert answer.status_code == 415
    assert answer.get_json()["detail"] == "The body must not be compressed."


def test_a_body_without_a_length_is_read_to_its_end(
    token: str, client: FlaskClient
) -> None:
    def send_chunked(body: bytes) -> TestResponse:
        return client.open(
            PATH,
            method="POST",
            content_type="application/json",
            headers={"X-Notifier-Token": token, "Transfer-Encoding": "chunked"},
            environ_overrides={
                "wsgi.input": BytesIO(body),
                "wsgi.input_terminated": True,
            },
        )

    taken = send_chunked(told.envelope())
    refused = send_chunked(b" " * (MAX_BODY + 1))

    assert taken.get_json() == {"recorded": 1, "known": 0, "rejected": 0}
    assert refused.status_code == 413


def test_a_body_that_breaks_off_is_nothing(client: FlaskClient, token: str) -> None:
    answer = client.open(
        PATH,
        method="POST",
        data=told.envelope()[:100],
        content_type="application/json",
        headers={"X-Notifier-Token": token},
        environ_overrides={"CONTENT_LENGTH": "1000"},
    )

    assert answer.status_code == 400
    assert _entries(client) == []


def test_while_the_database_is_away_senders_are_asked_to_come_again(
    send: Send, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise DatabaseUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(own.recorder, "add", fail)
        away = send()
    with monkeypatch.context() as patch:
        patch.setattr(own.senders, "admit", fail)
        unknown = send()

    assert away.status_code == unknown.status_code == 503
    assert away.headers["Retry-After"] == "1"
    assert send().status_code == 200


def test_a_fault_is_a_problem_too(
    send: Send, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError

    monkeypatch.setattr(own.recorder, "add", fail)

    answer = send()

    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_a_post_brings_events(
    client: FlaskClient, token: str, method: str
) -> None:
    answer = client.open(PATH, method=method, headers={"X-Notifier-Token": token})

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_names_of_other_registries_are_in_no_catalog(
    send: Send, client: FlaskClient
) -> None:
    send()

    assert client.get("/v2/_catalog").get_json() == {"repositories": []}
    assert client.get("/v2/team/app/tags/list").status_code == 404
    assert _entries(client)[0]["event"]["target"]["repository"] == "team/app"


def test_a_repository_with_content_of_ours_is_in_the_catalog_too(
    send: Send, client: FlaskClient
) -> None:
    send()

    factories.push_image(client)

    assert client.get("/v2/_catalog").get_json() == {"repositories": ["team/app"]}
    assert client.get("/v2/team/app/tags/list").get_json()["tags"] == ["1.0"]


def test_the_answer_is_as_it_is_described(send: Send, api: ConformingClient) -> None:
    operation = api.document["paths"]["/api/v1/ingest/{name}"]["post"]
    described = operation["responses"]["200"]["content"]["application/json"]["schema"]

    api.validate(described, send().get_json())

    assert operation["x-needs"] == "source"
    assert operation["parameters"][-1]["name"] == "token"
