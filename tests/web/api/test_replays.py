"""Replays by REST: counted, asked for, looked at, cancelled."""

from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.web.api.conforming import ConformingClient

_EVER = {"since": "1970-01-01T00:00:00Z"}


@pytest.fixture(name="path")
def _path(api: ConformingClient, client: FlaskClient) -> str:
    """Give the path of the replays to an endpoint that comes after three pushes."""
    factories.push_image(client, "1.0", layers=(b"old",))
    factories.push_image(client, "1.0")
    factories.push_image(client, "2.0", "other")
    body = {"name": "ci", "url": "http://127.0.0.1:9/"}
    created = api.post("/endpoints", json=body).get_json()
    return f"/endpoints/{created['id']}/replays"


def test_a_replay_is_asked_for(api: ConformingClient, path: str) -> None:
    response = api.post(
        path,
        json={
            "since": "2026-05-01T00:00:00Z",
            "until": "2999-05-01T00:00:00Z",
            "filters": {"repositories": ["team/**"]},
            "include_unwanted": True,
            "rate": 2.5,
        },
    )

    asked = response.get_json()
    assert response.status_code == 202
    assert response.headers["Location"] == f"/api/v1/replays/{asked['id']}"
    assert asked == {
        "id": asked["id"],
        "endpoint_id": path.split("/")[2],
        "endpoint_name": "ci",
        "since": "2026-05-01T00:00:00Z",
        "until": "2999-05-01T00:00:00Z",
        "filters": {"actions": ["*"], "kinds": ["*"], "repositories": ["team/**"]},
        "include_unwanted": True,
        "latest_push_per_tag": False,
        "rate": 2.5,
        "state": "counting",
        "total": 0,
        "done": 0,
        "created_at": asked["created_at"],
        "updated_at": asked["created_at"],
        "finished_at": None,
    }
    assert api.get(f"/replays/{asked['id']}").get_json() == asked
    assert api.get("/replays").get_json()["items"] == [asked]
    assert api.get(path).get_json()["items"] == [asked]
    assert api.get("/redeliveries").get_json()["items"] == []
    assert api.get(f"/redeliveries/{asked['id']}").status_code == 404


@pytest.mark.parametrize(
    ("selection", "total"),
    [
        (_EVER, 3),
        ({**_EVER, "filters": {"repositories": ["team/**"]}}, 2),
        ({**_EVER, "include_unwanted": True}, 9),
        ({"latest_push_per_tag": True}, 2),
        ({"since": "2999-01-01T00:00:00Z"}, 0),
    ],
)
def test_a_dry_run_only_counts(
    api: ConformingClient, path: str, selection: dict[str, Any], total: int
) -> None:
    response = api.post(path, json={**selection, "dry_run": True})

    assert response.status_code == 200
    assert response.get_json() == {"total": total, "complete": True}
    assert api.get(path).get_json()["items"] == []


def test_replays_are_listed_by_endpoint(api: ConformingClient, path: str) -> None:
    other = api.post(
        "/endpoints", json={"name": "cd", "url": "http://127.0.0.1:9/"}
    ).get_json()
    first = api.post(path, json=_EVER).get_json()
    second = api.post(f"/endpoints/{other['id']}/replays", json=_EVER).get_json()

    assert api.get(path).get_json()["items"] == [first]
    of_other = api.get(f"/replays?endpoint={other['id']}").get_json()
    assert of_other["items"] == [second]
    page = api.get("/replays?limit=1").get_json()
    rest = api.get(f"/replays?limit=1&cursor={page['next']}").get_json()
    assert [page["items"], rest["items"]] == [[second], [first]]


def test_a_replay_is_cancelled_once(api: ConformingClient, path: str) -> None:
    asked = api.post(path, json=_EVER).get_json()

    first = api.post(f"/replays/{asked['id']}/cancellation")
    second = api.post(f"/replays/{asked['id']}/cancellation")

    assert (first.status_code, first.get_json()["state"]) == (200, "cancelled")
    assert second.status_code == 409


def test_an_unknown_one_is_not_found(api: ConformingClient, path: str) -> None:
    assert api.get(f"/replays/{uuid4()}").status_code == 404
    assert api.post(f"/replays/{uuid4()}/cancellation").status_code == 404
    assert api.get(f"/endpoints/{uuid4()}/replays").status_code == 404
    for body in (_EVER, {**_EVER, "dry_run": True}):
        assert api.post(f"/endpoints/{uuid4()}/replays", json=body).status_code == 404
    api.patch(path.removesuffix("/replays"), json={"enabled": False})
    assert api.post(path, json=_EVER).status_code == 409


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/since"),
        ({"since": "2026-05-02T00:00:00Z", "until": "2026-05-01T00:00:00Z"}, "#/until"),
        ({**_EVER, "rate": -1}, "#/rate"),
        ({**_EVER, "filters": {"tags": [""]}}, "#/filters/tags"),
        ({**_EVER, "include_unwanted": "yes"}, "#/include_unwanted"),
        ({**_EVER, "latest": True}, "#/latest"),
    ],
)
def test_what_cannot_be_is_refused_and_named(
    api: ConformingClient, path: str, body: dict[str, Any], pointer: str
) -> None:
    response = api.post(path, json=body)

    assert response.status_code == 422
    assert [error["pointer"] for error in response.get_json()["errors"]] == [pointer]
    assert api.get("/replays").get_json()["items"] == []
