"""Redeliveries of many by REST: counted, asked for, looked at, cancelled."""

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from notifier.delivery.repair.repairs import MAX_ACTIVE
from notifier.delivery.tables import FAILED, DeliveryRow
from notifier.web.services import Services
from tests import factories
from tests.web.api.conforming import ConformingClient


@pytest.fixture(name="endpoint")
def _endpoint(
    api: ConformingClient, client: FlaskClient, own: Services
) -> dict[str, Any]:
    """Create an endpoint that has missed two pushes."""
    created: dict[str, Any] = api.post(
        "/endpoints", json={"name": "ci", "url": "http://127.0.0.1:9/"}
    ).get_json()
    factories.push_image(client, "1.0")
    factories.push_image(client, "2.0", "other")
    with own.database.transaction() as transaction:
        transaction.execute(sa.update(DeliveryRow).values(state=FAILED, due_at=None))
    return created


def test_a_redelivery_is_asked_for(
    api: ConformingClient, endpoint: dict[str, Any]
) -> None:
    response = api.post(
        "/redeliveries",
        json={
            "endpoint_id": endpoint["id"],
            "states": ["failed", "delivered"],
            "since": "2026-05-01T00:00:00+02:00",
            "filters": {"repositories": ["team/**"], "exclude": {"tags": ["*-dev"]}},
            "rate": 50,
        },
    )

    asked = response.get_json()
    assert response.status_code == 202
    assert response.headers["Location"] == f"/api/v1/redeliveries/{asked['id']}"
    assert asked == {
        "id": asked["id"],
        "endpoint_id": endpoint["id"],
        "endpoint_name": "ci",
        "states": ["failed", "delivered"],
        "since": "2026-04-30T22:00:00Z",
        "until": None,
        "failed_since": None,
        "filters": {
            "actions": ["*"],
            "kinds": ["*"],
            "repositories": ["team/**"],
            "exclude": {"tags": ["*-dev"]},
        },
        "rate": 50.0,
        "state": "counting",
        "total": 0,
        "done": 0,
        "created_at": asked["created_at"],
        "updated_at": asked["created_at"],
        "finished_at": None,
    }
    assert api.get(f"/redeliveries/{asked['id']}").get_json() == asked
    assert api.get("/redeliveries").get_json()["items"] == [asked]


def test_without_more_it_is_of_all_that_failed(
    api: ConformingClient, endpoint: dict[str, Any]
) -> None:
    asked = api.post("/redeliveries", json={}).get_json()

    assert (asked["states"], asked["endpoint_id"]) == (["failed"], None)
    listed = api.get(f"/redeliveries?endpoint={endpoint['id']}").get_json()
    assert listed["items"] == []


@pytest.mark.usefixtures("endpoint")
def test_a_dry_run_only_counts(api: ConformingClient) -> None:
    selections: dict[int, dict[str, Any]] = {
        2: {},
        1: {"filters": {"repositories": ["other"]}},
        0: {"since": "2999-01-01T00:00:00Z"},
    }
    counted = {
        total: api.post("/redeliveries", json={"dry_run": True, **selection})
        for total, selection in selections.items()
    }

    for total, response in counted.items():
        assert response.status_code == 200
        assert response.get_json() == {"total": total, "complete": True}
    assert api.get("/redeliveries").get_json()["items"] == []


def test_a_recovery_is_a_redelivery_of_what_an_endpoint_has_missed(
    api: ConformingClient, endpoint: dict[str, Any]
) -> None:
    path = f"/endpoints/{endpoint['id']}/recoveries"

    response = api.post(path, json={"since": "2026-05-01T00:00:00Z"})
    counted = api.post(path, json={"since": "2026-05-01T00:00:00Z", "dry_run": True})

    asked = response.get_json()
    assert response.status_code == 202
    assert response.headers["Location"] == f"/api/v1/redeliveries/{asked['id']}"
    assert asked["states"] == ["pending", "failed"]
    assert asked["failed_since"] == "2026-05-01T00:00:00Z"
    assert asked["endpoint_name"] == "ci"
    assert counted.get_json() == {"total": 0, "complete": True}


def test_a_redelivery_is_cancelled_once(api: ConformingClient) -> None:
    asked = api.post("/redeliveries", json={}).get_json()

    first = api.post(f"/redeliveries/{asked['id']}/cancellation")
    second = api.post(f"/redeliveries/{asked['id']}/cancellation")

    assert (first.status_code, first.get_json()["state"]) == (200, "cancelled")
    assert first.get_json()["finished_at"] is not None
    assert second.status_code == 409
    assert second.get_json()["detail"] == "It is over already."


def test_an_unknown_one_is_not_found(
    api: ConformingClient, endpoint: dict[str, Any]
) -> None:
    assert api.get(f"/redeliveries/{uuid4()}").status_code == 404
    assert api.post(f"/redeliveries/{uuid4()}/cancellation").status_code == 404
    unknown = {"endpoint_id": str(uuid4())}
    assert api.post("/redeliveries", json=unknown).status_code == 404
    counted = api.post("/redeliveries", json={**unknown, "dry_run": True})
    assert counted.status_code == 404
    since = {"since": "2026-05-01T00:00:00Z"}
    path = f"/endpoints/{uuid4()}/recoveries"
    assert api.post(path, json=since).status_code == 404
    api.patch(f"/endpoints/{endpoint['id']}", json={"enabled": False})
    path = f"/endpoints/{endpoint['id']}/recoveries"
    assert api.post(path, json=since).status_code == 409


def test_there_are_only_so_many_at_once(api: ConformingClient) -> None:
    for _ in range(MAX_ACTIVE):
        api.post("/redeliveries", json={})

    assert api.post("/redeliveries", json={}).status_code == 409


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"states": []}, "#/states"),
        ({"states": ["lost"]}, "#/states/0"),
        ({"since": "yesterday"}, "#/since"),
        ({"since": "2026-05-02T00:00:00Z", "until": "2026-05-01T00:00:00Z"}, "#/until"),
        ({"rate": 0}, "#/rate"),
        ({"rate": 1e9}, "#/rate"),
        ({"filters": {"repositories": []}}, "#/filters/repositories"),
        ({"filters": {"actions": ["eat"]}}, "#/filters/actions/0"),
        ({"dry_run": "yes"}, "#/dry_run"),
        ({"endpoint": "ci"}, "#/endpoint"),
    ],
)
def test_what_cannot_be_is_refused_and_named(
    api: ConformingClient, body: dict[str, Any], pointer: str
) -> None:
    response = api.post("/redeliveries", json=body)

    assert response.status_code == 422
    assert [error["pointer"] for error in response.get_json()["errors"]] == [pointer]
    assert api.get("/redeliveries").get_json()["items"] == []
