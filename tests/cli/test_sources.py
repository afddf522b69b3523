"""The sources commands."""

import json
import re

import pytest
from flask.testing import FlaskClient

from tests.cli.conftest import Notifier
from tests.ingest import told


def test_add_shows_the_token_this_once(notifier: Notifier, client: FlaskClient) -> None:
    added = notifier("sources", "add", "registry-2")

    [token] = re.findall(r"nts_[\w-]+", added.stdout)
    shown = notifier("sources", "show", "registry-2").stdout
    listed = notifier("sources", "list").stdout
    assert "it is not shown again" in added.stderr
    assert token not in shown + listed
    answer = client.post(
        f"/api/v1/ingest/registry-2?token={token}",
        data=told.envelope(),
        content_type="application/json",
    )
    assert answer.get_json()["recorded"] == 1


def test_the_json_is_that_of_the_rest_api(
    notifier: Notifier, client: FlaskClient
) -> None:
    options = ("--kind", "harbor", "--prefix", "*.a=b", "--prefix", "*=", "--json")
    added = json.loads(notifier("sources", "add", "hub", *options).stdout)

    token = added.pop("token")
    shown = client.get(f"/api/v1/sources/{added['id']}").get_json()
    assert token.startswith("nts_")
    assert added == shown
    assert added["prefixes"] == {"*.a": "b", "*": ""}
    assert json.loads(notifier("sources", "show", "hub", "--json").stdout) == shown
    listed = client.get("/api/v1/sources").get_json()
    assert json.loads(notifier("sources", "list", "--json").stdout) == listed


def test_update_changes_what_is_given_and_nothing_else(notifier: Notifier) -> None:
    notifier("sources", "add", "hub", "--prefix", "*=hub")

    disabled = json.loads(
        notifier("sources", "update", "hub", "--disable", "--json").stdout
    )
    renamed = notifier(
        *("sources", "update", disabled["id"], "--name", "other", "--no-prefixes")
    ).stdout

    assert (disabled["enabled"], disabled["prefixes"]) == (False, {"*": "hub"})
    assert "other" in renamed
    assert "*=hub" not in renamed


def test_a_rotated_token_is_another_one(notifier: Notifier) -> None:
    added = json.loads(notifier("sources", "add", "hub", "--json").stdout)

    rotated = json.loads(notifier("sources", "rotate-token", "hub", "--json").stdout)

    assert rotated["token"] != added["token"]


def test_rejects_are_shown_with_their_reasons(
    notifier: Notifier, client: FlaskClient
) -> None:
    added = json.loads(notifier("sources", "add", "hub", "--json").stdout)
    client.post(
        f"/api/v1/ingest/hub?token={added['token']}",
        data=told.envelope(told.event(action="rename")),
        content_type="application/json",
    )
    path = f"/api/v1/sources/{added['id']}/rejects"

    printed = notifier("sources", "rejects", "hub").stdout
    as_json = json.loads(notifier("sources", "rejects", "hub", "--json").stdout)

    assert "action: 'rename' is none of push, pull, mount, delete" in printed
    assert as_json == client.get(path).get_json()


def test_a_removed_source_is_unknown(notifier: Notifier) -> None:
    notifier("sources", "add", "hub")

    assert notifier("sources", "remove", "hub").stdout == "removed hub\n"

    for command in ("show", "remove", "rotate-token", "rejects"):
        refused = notifier("sources", command, "hub", status=1)
        assert refused.stderr == "Error: there is no such source\n"


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("add", "a/b"), 1, "name: must have 1 to 100 of the characters"),
        (("add", "hub", "--kind", "github"), 2, "Invalid value for '--kind'"),
        (("add", "hub", "--prefix", "hub"), 2, "a prefix is written HOST=PREFIX"),
        (("add", "hub", "--prefix", "*=Hub"), 1, "prefixes: each must be like the"),
        (("update", "hub"), 2, "say what to change: see --help"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    notifier: Notifier, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    refused = notifier("sources", *arguments, status=status)

    assert refused.stderr.splitlines()[-1].startswith(f"Error: {reason}")


def test_changes_are_on_the_record(notifier: Notifier) -> None:
    notifier("sources", "add", "hub")
    notifier("sources", "update", "hub", "--disable")
    notifier("sources", "rotate-token", "hub")
    notifier("sources", "remove", "hub")

    items = json.loads(notifier("events", "list", "--json").stdout)["items"]

    assert [item["event"]["action"] for item in items] == [
        *("source.remove", "source.rotate", "source.update", "source.create")
    ]
    assert {item["event"]["detail"]["source"]["name"] for item in items} == {"hub"}
