"""The commands that replay: counted, asked for, waited for, looked at, cancelled."""

import json
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from notifier.config import Settings
from tests import factories
from tests.cli.conftest import Notifier
from tests.cli.repairing import repairing


@pytest.fixture(name="pushed", autouse=True)
def _pushed(notifier: Notifier, client: FlaskClient) -> None:
    """Let the endpoint ci come after three pushes."""
    factories.push_image(client, "1.0", layers=(b"old",))
    factories.push_image(client, "1.0")
    factories.push_image(client, "2.0", "other")
    notifier("endpoints", "add", "ci", "http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("options", "total"),
    [
        (("--since", "24h"), 3),
        (("--since", "24h", "--repository", "team/**"), 2),
        (("--since", "24h", "--include-unwanted"), 9),
        (("--latest-push-per-tag",), 2),
        (("--since", "24h", "--until", "1h"), 0),
    ],
)
def test_a_dry_run_only_counts(
    notifier: Notifier, options: tuple[str, ...], total: int
) -> None:
    told = notifier("endpoints", "replay", "ci", *options, "--dry-run").stdout

    assert told == f"{total} events\n"
    assert json.loads(notifier("replays", "list", "--json").stdout)["items"] == []


def test_a_replay_is_waited_for(notifier: Notifier, settings: Settings) -> None:
    with repairing(settings):
        done = notifier("endpoints", "replay", "ci", "--since", "24h", "--wait")

    assert "done" in done.stdout
    assert "3 of 3" in done.stdout
    listed = json.loads(notifier("deliveries", "list", "--json").stdout)
    assert len(listed["items"]) == 3


def test_the_json_is_that_of_the_rest_api(
    notifier: Notifier, client: FlaskClient
) -> None:
    replay = ("endpoints", "replay", "ci", "--latest-push-per-tag", "--json")
    asked = json.loads(notifier(*replay).stdout)

    listed = json.loads(
        notifier("replays", "list", "--endpoint", "ci", "--json").stdout
    )
    assert listed == client.get("/api/v1/replays").get_json()
    assert listed["items"] == [asked]
    assert asked["latest_push_per_tag"] is True
    shown = json.loads(notifier("replays", "show", asked["id"], "--json").stdout)
    assert shown == asked
    cancelled = json.loads(notifier("replays", "cancel", asked["id"], "--json").stdout)
    assert cancelled["state"] == "cancelled"


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("endpoints", "replay", "ci"), 2, "say --since when, or --latest-push"),
        (("endpoints", "replay", "cd", "--since", "1h"), 1, "there is no such"),
        (("replays", "show", str(uuid4())), 1, "there is no such redelivery or"),
        (("replays", "cancel", str(uuid4())), 1, "there is no such redelivery or"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    notifier: Notifier, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    refused = notifier(*arguments, status=status)

    assert refused.stderr.splitlines()[-1].startswith(f"Error: {reason}")
    assert refused.stdout == ""
