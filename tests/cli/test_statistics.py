"""How endpoints fare, on the command line."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from notifier.db import Database
from notifier.delivery import minutes
from notifier.delivery.settlement import settle
from notifier.delivery.transport import Answer
from notifier.web.services import Services
from tests import factories
from tests.cli.conftest import Notifier


@pytest.fixture(name="fared", autouse=True)
def _fared(
    notifier: Notifier, client: FlaskClient, own: Services, database: Database
) -> None:
    """Let the endpoint ci have taken two of three pushes, and the endpoint cd none."""
    notifier("endpoints", "add", "ci", "http://127.0.0.1:9/")
    for tag in ("1", "2", "3"):
        factories.push_image(client, tag)
    notifier("endpoints", "add", "cd", "http://127.0.0.1:9/")
    items = client.get("/api/v1/deliveries").get_json()["items"]
    now = datetime.now(UTC)
    answers = {
        UUID(item["id"]): Answer(started_at=now, duration_ms=20, status=status)
        for item, status in zip(items, (200, 200, 503), strict=True)
    }
    with database.transaction() as transaction:
        connection = transaction.connection
        endpoint = own.endpoints.find_by_name(connection, "ci")
        assert endpoint is not None
        settlements = settle(connection, answers, now)
        minutes.add(connection, endpoint.key, settlements, now)


def test_people_see_it_beside_each_endpoint(notifier: Notifier) -> None:
    _, cd, ci = notifier("endpoints", "list").stdout.splitlines()
    shown = notifier("endpoints", "show", "ci").stdout

    assert " 66.6 %  " in ci
    assert "%" not in cd
    for said in (
        "3 in the last hour",
        "66.6 %",
        "oldest pending",
        ": status 503",
    ):
        assert said in shown
        assert said in notifier("endpoints", "statistics", "ci").stdout


def test_the_json_is_that_of_the_rest_api(
    notifier: Notifier, client: FlaskClient
) -> None:
    shown = json.loads(notifier("endpoints", "show", "ci", "--json").stdout)
    path = f"/api/v1/endpoints/{shown['id']}/statistics"

    told = json.loads(notifier("endpoints", "statistics", "ci", "--json").stdout)

    assert told == client.get(path).get_json()
    assert told["pending"] == 1
