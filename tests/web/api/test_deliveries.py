"""Deliveries by REST: listed, shown with their attempts, made once more."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from notifier.delivery import quotas
from notifier.delivery.attempt_tables import AttemptRow
from notifier.delivery.headers import MASK
from notifier.delivery.quotas import Quota
from notifier.delivery.tables import DELIVERED, DeliveryRow
from notifier.delivery.transport import KEPT_BYTES
from notifier.web.services import Services
from tests import factories, receiver
from tests.delivery.desk import Desk
from tests.receiver import answers
from tests.web.api.conforming import ConformingClient

_AT = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(name="endpoint")
def _endpoint(api: ConformingClient) -> dict[str, Any]:
    """Create an endpoint that wants every push."""
    created: dict[str, Any] = api.post(
        "/endpoints",
        json={
            "name": "ci",
            "url": "http://127.0.0.1:9/",
            "filters": {"actions": ["push"], "kinds": ["*"]},
        },
    ).get_json()
    return created


@pytest.fixture(name="delivery")
def _delivery(
    api: ConformingClient, client: FlaskClient, endpoint: dict[str, Any]
) -> dict[str, Any]:
    factories.push_blob(client)
    [delivery] = api.get(f"/deliveries?endpoint={endpoint['id']}").get_json()["items"]
    found: dict[str, Any] = delivery
    return found


def _settle(own: Services, delivery: dict[str, Any], **attempt: Any) -> None:
    """Write down an attempt, and that it was the last."""
    values: dict[str, Any] = {
        "delivery_id": UUID(delivery["id"]),
        "number": 1,
        "started_at": _AT,
        "duration_ms": 12,
        "status": 200,
        "error": None,
        "response": b"",
        "trigger": 1,
    }
    with own.database.transaction() as transaction:
        transaction.execute(sa.insert(AttemptRow).values(values | attempt))
        transaction.execute(
            sa.update(DeliveryRow)
            .where(DeliveryRow.id == UUID(delivery["id"]))
            .values(state=DELIVERED, attempts=1, due_at=None)
        )


def test_a_push_is_to_be_delivered(
    endpoint: dict[str, Any], delivery: dict[str, Any]
) -> None:
    assert delivery["endpoint_id"] == endpoint["id"]
    assert delivery["endpoint_name"] == "ci"
    assert delivery["state"] == "pending"
    assert delivery["attempt_count"] == 0
    assert delivery["due_at"] is not None


def test_deliveries_are_found_by_endpoint_event_and_state(
    api: ConformingClient, delivery: dict[str, Any]
) -> None:
    found = {
        query: len(api.get(f"/deliveries?{query}").get_json()["items"])
        for query in (
            f"endpoint={delivery['endpoint_id']}",
            f"endpoint={uuid4()}",
            f"event={delivery['event_id']}",
            f"event={uuid4()}",
            "state=pending",
            "state=failed",
        )
    }

    assert list(found.values()) == [1, 0, 1, 0, 1, 0]


def test_deliveries_are_listed_in_pages_newest_first(
    api: ConformingClient, client: FlaskClient, delivery: dict[str, Any]
) -> None:
    factories.push_blob(client, b"a")
    factories.push_blob(client, b"b")

    listed = []
    path = "/deliveries?limit=1"
    for _ in range(3):
        page = api.get(path).get_json()
        listed += page["items"]
        path = f"/deliveries?limit=1&cursor={page['next']}"

    assert page["next"] is None
    assert listed == api.get("/deliveries").get_json()["items"]
    assert listed[-1] == delivery


def test_a_delivery_is_shown_with_its_attempts(
    api: ConformingClient, own: Services, delivery: dict[str, Any]
) -> None:
    _settle(own, delivery, response=b"thanks \xff", status=202)

    shown = api.get(f"/deliveries/{delivery['id']}").get_json()

    assert shown["state"] == "delivered"
    assert shown["due_at"] is None
    assert shown["attempt_count"] == 1
    assert shown["attempts"] == [
        {
            "number": 1,
            "started_at": "2026-05-01T00:00:00Z",
            "duration_ms": 12,
            "status": 202,
            "error": None,
            "peer": None,
            "tls_version": None,
            "response_headers": None,
            "response_headers_truncated": False,
            "response": "thanks \ufffd",
            "response_truncated": False,
            "trigger": "schedule",
        }
    ]


def test_an_answer_that_was_cut_says_so(
    api: ConformingClient, own: Services, delivery: dict[str, Any]
) -> None:
    _settle(own, delivery, response=b"x" * KEPT_BYTES)

    [attempt] = api.get(f"/deliveries/{delivery['id']}").get_json()["attempts"]

    assert attempt["response_truncated"] is True


def test_an_attempt_without_an_answer_says_why(
    api: ConformingClient, own: Services, delivery: dict[str, Any]
) -> None:
    _settle(own, delivery, status=None, error="timeout")

    [attempt] = api.get(f"/deliveries/{delivery['id']}").get_json()["attempts"]

    assert (attempt["status"], attempt["error"]) == (None, "timeout")


def test_an_attempt_is_shown_with_what_was_sent_and_answered(
    api: ConformingClient, own: Services
) -> None:
    desk = Desk(own.database)
    with receiver.running() as other_side:
        other_side.behaviour = answers(503, b"later", {"Retry-After": "120"})
        desk.create(other_side.url, headers={"X-Token": "hunter2"})
        desk.announce()
        delivery = desk.send()
        desk.drains.stop()
    [received] = other_side.requests

    response = api.get(f"/deliveries/{delivery.id}/attempts/1")

    shown = response.get_json()
    [listed] = api.get(f"/deliveries/{delivery.id}").get_json()["attempts"]
    assert shown == listed | {"request": shown["request"]}
    assert (shown["status"], shown["response"]) == (503, "later")
    assert shown["peer"] == "127.0.0.1"
    assert {"name": "Retry-After", "value": "120"} in shown["response_headers"]
    request = shown["request"]
    assert (request["method"], request["url"]) == ("POST", other_side.url)
    assert request["body"].encode() == received.body
    assert request["body_missing"] is None
    names = [header["name"] for header in request["headers"]]
    assert names == received.headers.keys()
    assert {"name": "X-Token", "value": MASK} in request["headers"]
    assert "hunter2" not in response.text


def test_an_attempt_that_sent_nothing_has_no_request(
    api: ConformingClient, own: Services, delivery: dict[str, Any]
) -> None:
    _settle(own, delivery, status=None, error="template")

    shown = api.get(f"/deliveries/{delivery['id']}/attempts/1").get_json()

    assert (shown["request"], shown["error"]) == (None, "template")


@pytest.mark.parametrize("number", ["0", "2", "99999999999999999999", "x"])
def test_an_unknown_attempt_is_not_found(
    client: FlaskClient, own: Services, delivery: dict[str, Any], number: str
) -> None:
    _settle(own, delivery)

    response = client.get(f"/api/v1/deliveries/{delivery['id']}/attempts/{number}")

    assert response.status_code == 404
    assert response.content_type == "application/problem+json"


def test_a_redelivery_is_due_at_once(
    api: ConformingClient, own: Services, delivery: dict[str, Any]
) -> None:
    _settle(own, delivery)

    response = api.post(f"/deliveries/{delivery['id']}/attempts")

    assert response.status_code == 202
    assert response.get_json()["state"] == "delivered"
    assert response.get_json()["due_at"] is not None


def test_redeliveries_are_limited(
    api: ConformingClient, delivery: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "REDELIVERIES", Quota(kind=2, per_minute=3))
    path = f"/deliveries/{delivery['id']}/attempts"

    answers = [api.post(path) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 20


def test_a_removed_endpoint_gets_no_redelivery(
    api: ConformingClient, delivery: dict[str, Any]
) -> None:
    api.delete(f"/endpoints/{delivery['endpoint_id']}")

    response = api.post(f"/deliveries/{delivery['id']}/attempts")

    assert response.status_code == 409
    assert response.get_json()["detail"] == "The endpoint was removed."
    shown = api.get(f"/deliveries/{delivery['id']}").get_json()
    assert shown["state"] == "cancelled"


def test_a_disabled_endpoint_gets_no_redelivery(
    api: ConformingClient, delivery: dict[str, Any]
) -> None:
    api.patch(f"/endpoints/{delivery['endpoint_id']}", json={"enabled": False})

    assert api.post(f"/deliveries/{delivery['id']}/attempts").status_code == 409


def test_an_unknown_delivery_is_not_found(api: ConformingClient) -> None:
    assert api.get(f"/deliveries/{uuid4()}").status_code == 404
    assert api.get(f"/deliveries/{uuid4()}/attempts/1").status_code == 404
    assert api.post(f"/deliveries/{uuid4()}/attempts").status_code == 404
