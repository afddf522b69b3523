"""Statistics by REST and among the figures for Prometheus."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from flask.testing import FlaskClient

from notifier.delivery import minutes
from notifier.delivery.attempts import put_attempts
from notifier.delivery.settlement import settle
from notifier.delivery.transport import Answer
from notifier.delivery.ways import Ways
from notifier.web.services import Services
from tests import factories
from tests.web.api.conforming import ConformingClient


def _fail_once(api: ConformingClient, client: FlaskClient, own: Services) -> str:
    """Push to an endpoint that answers 503; return its path."""
    body = {"name": "ci", "url": "http://127.0.0.1:9/"}
    path = f"/endpoints/{api.post('/endpoints', json=body).get_json()['id']}"
    factories.push_image(client)
    [delivery] = api.get(f"{path}/deliveries").get_json()["items"]
    now = datetime.now(UTC)
    answer = Answer(started_at=now, duration_ms=20, status=503)
    with own.database.transaction() as transaction:
        connection = transaction.connection
        key = own.endpoints.get(connection, UUID(delivery["endpoint_id"])).key
        settlements = settle(connection, {UUID(delivery["id"]): answer}, now)
        put_attempts(transaction, Ways(), key, settlements, now)
        minutes.add(connection, key, settlements, now)
    return path


def test_an_endpoint_tells_how_it_has_fared(
    api: ConformingClient, client: FlaskClient, own: Services
) -> None:
    path = _fail_once(api, client, own)
    [delivery] = api.get(f"{path}/deliveries").get_json()["items"]
    [attempt] = api.get(f"/deliveries/{delivery['id']}").get_json()["attempts"]

    found = api.get(f"{path}/statistics").get_json()

    assert 16 <= found.pop("p50_ms") <= found.pop("p95_ms") <= 24
    assert found == {
        "state": "closed",
        "attempts": 1,
        "accepted": 0,
        "success_share": 0.0,
        "pending": 1,
        "oldest_pending_at": delivery["created_at"],
        "last_error": {
            "at": attempt["started_at"],
            "status": 503,
            "error": None,
            "delivery_id": delivery["id"],
        },
    }


def test_an_unknown_endpoint_has_none(api: ConformingClient) -> None:
    assert api.get(f"/endpoints/{uuid4()}/statistics").status_code == 404


def test_prometheus_is_told_by_endpoint(
    api: ConformingClient, client: FlaskClient, own: Services
) -> None:
    api.post("/endpoints", json={"name": "cd", "url": "http://127.0.0.1:9/"})
    _fail_once(api, client, own)

    figures = client.get("/metrics").text

    assert 'notifier_endpoint_state{endpoint="ci",state="closed"} 1.0' in figures
    assert 'notifier_endpoint_state{endpoint="ci",state="disabled"} 0.0' in figures
    assert 'notifier_endpoint_pending_deliveries{endpoint="ci"} 1.0' in figures
    assert 'notifier_endpoint_pending_deliveries{endpoint="cd"} 1.0' in figures
    assert 'notifier_endpoint_oldest_pending_seconds{endpoint="ci"} ' in figures
    assert 'notifier_endpoint_success_ratio{endpoint="ci"} 0.0' in figures
    assert 'notifier_endpoint_success_ratio{endpoint="cd"}' not in figures
    quantile = 'notifier_endpoint_attempt_seconds{endpoint="ci",quantile="0.95"} 0.02'
    assert quantile in figures
