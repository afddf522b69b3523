"""The commands that redeliver many: asked for, waited for, looked at, cancelled."""

import json
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from notifier.config import Settings
from notifier.db import Database
from notifier.delivery.tables import FAILED, DeliveryRow
from tests import factories
from tests.cli.conftest import Notifier
from tests.cli.repairing import repairing


@pytest.fixture(name="missed", autouse=True)
def _missed(notifier: Notifier, client: FlaskClient, database: Database) -> None:
    """Let the endpoint ci have missed two pushes."""
    notifier("endpoints", "add", "ci", "http://127.0.0.1:9/")
    factories.push_image(client, "1.0")
    factories.push_image(client, "2.0", "other")
    with database.transaction() as transaction:
        transaction.execute(sa.update(DeliveryRow).values(state=FAILED, due_at=None))


def test_many_are_redelivered_by_what_they_have_in_common(
    notifier: Notifier, settings: Settings
) -> None:
    with repairing(settings):
        done = notifier(
            *("deliveries", "redeliver", "--state", "failed", "--since", "1h"),
            *("--repository", "team/**", "--wait", "--json"),
        )

    redelivery = json.loads(done.stdout)
    assert (redelivery["state"], redelivery["done"]) == ("done", 1)
    listed = json.loads(notifier("deliveries", "list", "--json").stdout)["items"]
    assert [item["due_at"] is None for item in listed] == [True, False]


def test_a_dry_run_only_counts(notifier: Notifier) -> None:
    told = notifier("deliveries", "redeliver", "--endpoint", "ci", "--dry-run").stdout
    counted = notifier(
        *("deliveries", "redeliver", "--since", "1h", "--until", "30m"),
        *("--dry-run", "--json"),
    )

    assert told == "2 deliveries\n"
    assert json.loads(counted.stdout) == {"total": 0, "complete": True}
    assert json.loads(notifier("redeliveries", "list", "--json").stdout)["items"] == []


def test_people_see_how_it_goes_on(notifier: Notifier) -> None:
    asked = notifier("endpoints", "recover", "ci", "--since", "2h", "--rate", "50")

    id_ = asked.stdout.split()[-1]
    assert asked.stdout == f"asked for as redelivery {id_}\n"
    heading, row = notifier("redeliveries", "list").stdout.splitlines()
    assert heading.split()[:4] == ["asked", "for", "endpoint", "state"]
    assert row.split()[2:] == ["ci", "counting", "0", "0", id_]
    shown = notifier("redeliveries", "show", id_).stdout
    assert "50 a second" in shown
    assert "0 of 0" in shown


def test_the_json_is_that_of_the_rest_api(
    notifier: Notifier, client: FlaskClient
) -> None:
    asked = json.loads(
        notifier("endpoints", "recover", "ci", "--since", "2h", "--json").stdout
    )
    listed = json.loads(
        notifier("redeliveries", "list", "--endpoint", "ci", "--json").stdout
    )

    assert listed == client.get("/api/v1/redeliveries").get_json()
    assert listed["items"] == [asked]
    shown = json.loads(notifier("redeliveries", "show", asked["id"], "--json").stdout)
    assert shown == asked


def test_a_long_list_comes_in_pages(notifier: Notifier) -> None:
    for _ in range(2):
        notifier("deliveries", "redeliver", "--state", "failed")
    first = json.loads(
        notifier("redeliveries", "list", "--limit", "1", "--json").stdout
    )

    rest = notifier("redeliveries", "list", "--cursor", first["next"], "--json")

    assert json.loads(rest.stdout)["next"] is None
    assert json.loads(rest.stdout)["items"] != first["items"]


def test_one_that_is_cancelled_is_waited_for_no_more(notifier: Notifier) -> None:
    asked = json.loads(
        notifier("deliveries", "redeliver", "--state", "failed", "--json").stdout
    )

    told = notifier("redeliveries", "cancel", asked["id"]).stdout

    assert told == "cancelled when 0 of 0 were done\n"
    again = notifier("redeliveries", "cancel", asked["id"], status=1)
    assert again.stderr == "Error: it is over already\n"


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("deliveries", "redeliver"), 2, "say which delivery, or which: see --help"),
        (
            ("deliveries", "redeliver", str(uuid4()), "--state", "failed"),
            2,
            "name a delivery, or say what many have in common",
        ),
        (("deliveries", "redeliver", "--endpoint", "cd"), 1, "there is no such"),
        (("endpoints", "recover", "ci"), 2, "Missing option '--since'"),
        (("redeliveries", "show", str(uuid4())), 1, "there is no such redelivery"),
        (
            ("deliveries", "redeliver", "--state", "failed", "--rate", "0"),
            2,
            "Invalid value for '--rate'",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    notifier: Notifier, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    refused = notifier(*arguments, status=status)

    assert refused.stderr.splitlines()[-1].startswith(f"Error: {reason}")
    assert refused.stdout == ""
