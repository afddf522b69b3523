"""The deliveries commands."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from notifier.db import Database
from notifier.delivery import requests as requests_module
from notifier.delivery.attempt_tables import AttemptRow
from notifier.delivery.tables import FAILED, DeliveryRow
from tests import factories, receiver
from tests.cli.conftest import Notifier
from tests.delivery.desk import Desk
from tests.receiver import answers

NOW = datetime(2026, 5, 1, 15, 28, 51, tzinfo=UTC)


@pytest.fixture(name="deliveries")
def _deliveries(notifier: Notifier, client: FlaskClient) -> list[str]:
    """Push twice; give the deliveries' ids, the newest first."""
    notifier("endpoints", "add", "ci", "http://127.0.0.1:9/")
    factories.push_image(client, "1.0")
    factories.push_image(client, "2.0")
    items = client.get("/api/v1/deliveries").get_json()["items"]
    return [item["id"] for item in items]


def test_the_json_is_that_of_the_rest_api(
    notifier: Notifier, client: FlaskClient, deliveries: list[str]
) -> None:
    listed = client.get("/api/v1/deliveries").get_json()
    shown = client.get(f"/api/v1/deliveries/{deliveries[0]}").get_json()

    assert json.loads(notifier("deliveries", "list", "--json").stdout) == listed
    found = notifier("deliveries", "show", deliveries[0], "--json")
    assert json.loads(found.stdout) == shown


def test_every_option_narrows_the_list(
    notifier: Notifier, deliveries: list[str]
) -> None:
    def ids(*options: str) -> list[str]:
        found = json.loads(notifier("deliveries", "list", "--json", *options).stdout)
        return [item["id"] for item in found["items"]]

    shown = json.loads(notifier("deliveries", "show", deliveries[0], "--json").stdout)

    assert ids("--endpoint", "ci") == deliveries
    assert ids("--endpoint", shown["endpoint_id"]) == deliveries
    assert ids("--event", shown["event_id"]) == deliveries[:1]
    assert ids("--state", "pending") == deliveries
    assert ids("--state", "failed") == []


def test_a_long_list_comes_in_pages(notifier: Notifier, deliveries: list[str]) -> None:
    first = json.loads(notifier("deliveries", "list", "--limit", "1", "--json").stdout)

    rest = notifier("deliveries", "list", "--cursor", first["next"], "--json")

    assert [item["id"] for item in first["items"]] == deliveries[:1]
    assert [item["id"] for item in json.loads(rest.stdout)["items"]] == deliveries[1:]


def test_people_see_every_attempt_and_no_commands_for_their_terminal(
    notifier: Notifier, database: Database, deliveries: list[str]
) -> None:
    id_ = UUID(deliveries[0])
    attempt = {"delivery_id": id_, "started_at": NOW, "duration_ms": 12, "trigger": 1}
    with database.transaction() as transaction:
        transaction.execute(
            sa.insert(AttemptRow),
            [
                attempt
                | {"number": 1, "status": None, "error": "timeout", "response": b""},
                attempt
                | {"number": 2, "status": 503, "error": None, "response": b"\x1b[2Jx"},
            ],
        )

    shown = notifier("deliveries", "show", deliveries[0]).stdout

    assert "attempt 1 (schedule), 2026-05-01 15:28:51Z, 12 ms: timeout\n" in shown
    assert "attempt 2 (schedule), 2026-05-01 15:28:51Z, 12 ms: status 503\n" in shown
    assert "\N{REPLACEMENT CHARACTER}[2Jx" in shown
    assert "\x1b" not in shown
    assert "ci        pending" in notifier("deliveries", "list").stdout


def test_people_see_what_an_attempt_has_sent_and_what_was_answered(
    notifier: Notifier, client: FlaskClient, database: Database
) -> None:
    desk = Desk(database)
    with receiver.running() as other_side:
        other_side.behaviour = answers(503, b"later\x1b[2J", {"X-A": "b" * 5000})
        desk.create(other_side.url, headers={"X-Token": "hunter2"})
        desk.announce()
        delivery = desk.send()
        desk.drains.stop()
    [received] = other_side.requests
    command = ("deliveries", "show", str(delivery.id), "--attempt", "1")

    shown = notifier(*command).stdout
    rendered = json.loads(notifier(*command, "--json").stdout)

    path = f"/api/v1/deliveries/{delivery.id}/attempts/1"
    assert rendered == client.get(path).get_json()
    for line in (
        "connected to 127.0.0.1",
        f"> POST {other_side.url}",
        "> X-Token: ********",
        "> webhook-signature: v1,********",
        received.body.decode(),
        "< status 503",
        "< (and more)",
        "later\N{REPLACEMENT CHARACTER}[2J",
    ):
        assert f"{line}\n" in shown
    assert "hunter2" not in shown
    missing = notifier(*command[:-1], "2", status=1)
    assert missing.stderr == "Error: there is no such attempt\n"


def test_people_are_told_why_there_is_no_request_or_no_body(
    notifier: Notifier, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(database)
    with receiver.running() as other_side:
        desk.create(other_side.url)
        desk.announce()
        delivery = desk.send()
        desk.drains.stop()
    command = ("deliveries", "show", str(delivery.id), "--attempt", "1")

    monkeypatch.setattr(requests_module, "MAX_BODY_BYTES", 10)
    assert "(not shown: it is too large)\n" in notifier(*command).stdout
    with database.transaction() as transaction:
        transaction.execute(sa.update(AttemptRow).values(way_id=None))
    assert "nothing was sent, or it is not known any more" in notifier(*command).stdout


def test_a_redelivery_is_due_at_once(
    notifier: Notifier, database: Database, deliveries: list[str]
) -> None:
    with database.transaction() as transaction:
        transaction.execute(sa.update(DeliveryRow).values(state=FAILED, due_at=None))

    told = notifier("deliveries", "redeliver", deliveries[0]).stdout
    again = json.loads(
        notifier("deliveries", "redeliver", deliveries[1], "--json").stdout
    )

    assert told == "ci will get it again\n"
    assert again["due_at"] is not None
    assert again["state"] == "failed"


def test_an_unknown_delivery_is_refused_in_one_line(notifier: Notifier) -> None:
    for command in ("show", "redeliver"):
        refused = notifier("deliveries", command, str(uuid4()), status=1)

        assert refused.stderr == "Error: there is no such delivery\n"
