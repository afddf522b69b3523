"""The commands about digests, repositories and tags."""

import json

import pytest
from flask.testing import FlaskClient

from notifier.audit.timelines import tagged
from notifier.events.event import Action
from notifier.web.services import Services
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill
from tests.cli.conftest import Notifier


@pytest.fixture(name="pushed")
def _pushed(client: FlaskClient, own: Services) -> str:
    """Push an image twice, and pull it; give the digest."""
    factories.push_image(client, "1.0")
    digest = factories.push_image(client, "2.0")
    pull = factories.event(Action.PULL, content=factories.manifest())
    fill(own.database, own.recorder, [pull])
    return digest


def test_the_json_is_that_of_the_rest_api(
    notifier: Notifier, client: FlaskClient, pushed: str
) -> None:
    for arguments, path in (
        (["digests", "show", pushed], f"digests/{pushed}"),
        (["digests", "show", pushed[:19]], f"digests/{pushed}"),
        (["tags", "list"], "tags"),
        (["tags", "list", "--repository", "team/*", "--limit", "1"], "tags?limit=1"),
        (["tags", "list", "--unpulled-for", "1d"], "tags?unpulled_for=1d"),
        (["repositories", "list"], "repositories"),
        (["repositories", "show", "team/app"], "repositories/team/app"),
        (
            ["tags", "history", "team/app", "1.0"],
            "repositories/team/app/tags/1.0/history",
        ),
    ):
        printed = json.loads(notifier(*arguments, "--json").stdout)

        assert printed == client.get(f"/api/v1/{path}").get_json()


@pytest.mark.usefixtures("pushed")
def test_lists_go_on_after_a_page(notifier: Notifier) -> None:
    first = json.loads(notifier("tags", "list", "--limit", "1", "--json").stdout)
    second = json.loads(
        notifier("tags", "list", "--cursor", first["next"], "--json").stdout
    )

    items = [*first["items"], *second["items"]]
    assert [item["tag"] for item in items] == ["1.0", "2.0"]
    assert second["next"] is None
    for group in ("tags", "repositories"):
        refused = notifier(group, "list", "--cursor", "x", status=1)
        assert "no page of this list has that cursor" in refused.output


@pytest.mark.usefixtures("pushed")
def test_a_list_has_as_many_as_are_wanted_however_few_a_page_has(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tagged, "_WINDOW", 1)

    listed = json.loads(notifier("tags", "list", "--json").stdout)

    assert [item["tag"] for item in listed["items"]] == ["1.0", "2.0"]
    assert listed["next"] is None
    unpulled = notifier("repositories", "show", "team/app", "--days", "1").stdout
    assert "docker" in unpulled


def test_a_repository_without_pulls_has_no_days(
    notifier: Notifier, client: FlaskClient
) -> None:
    factories.push_image(client)

    shown = notifier("repositories", "show", "team/app").stdout

    assert "day" not in shown


def test_people_see_tables(notifier: Notifier, pushed: str) -> None:
    tags = notifier("tags", "list").stdout.splitlines()
    repositories = notifier("repositories", "list").stdout.splitlines()
    shown = notifier("repositories", "show", "team/app").stdout.splitlines()
    history = notifier("tags", "history", "team/app", "2.0").stdout.splitlines()

    assert tags[1].split()[:4] == ["team/app", "1.0", pushed[:19], "1"]
    assert repositories[1].split()[:2] == ["team/app", "1"]
    assert shown[0].split() == ["repository", "team/app"]
    assert shown[-1].split()[1:] == ["1", "docker", "1"]
    assert pushed in history[1]


def test_people_see_all_that_is_known_of_a_digest(
    notifier: Notifier, client: FlaskClient, pushed: str
) -> None:
    notifier("endpoints", "add", "ci", "http://127.0.0.1:9/")
    index = factories.index(factories.manifest())
    parent = factories.push_manifest(client, index, "index")

    shown = notifier("digests", "show", pushed).stdout
    of_index = notifier("digests", "show", parent).stdout

    titles = [line for line in shown.splitlines() if line and " " not in line]
    assert titles == ["pulls", "changes", "tags", "repositories", "parents"]
    assert "team/app:2.0" in shown
    assert parent in shown
    assert "push    team/app:index  " in of_index
    assert "deliveries\n" in of_index
    assert pushed in of_index


def test_what_is_no_digest_is_said_in_one_line(notifier: Notifier) -> None:
    unknown = notifier("digests", "show", f"sha256:{'0' * 64}", status=1)

    assert unknown.output == "Error: the log knows no such digest\n"
    assert "Neither a digest" in notifier("digests", "show", "x", status=2).output


def test_a_tag_tells_what_it_pointed_to_at_a_moment(
    notifier: Notifier, own: Services
) -> None:
    events = [
        factories.event(content=b"1", at_ns=DAY_NS, actor="alice"),
        factories.event(Action.DELETE, content=b"1", at_ns=DAY_NS + 60 * SECOND_NS),
    ]
    fill(own.database, own.recorder, events)
    command = ("tags", "history", "team/app", "1.0", "--at")

    during = notifier(*command, "2026-05-01T00:00Z").stdout.splitlines()
    after = notifier(*command, "2026-05-01T00:01Z").stdout.splitlines()

    assert len(during) == 2
    assert "alice" in during[1]
    assert "delete" in during[1]
    assert len(after) == 1


def test_what_the_log_does_not_know_is_said_in_one_line(notifier: Notifier) -> None:
    for arguments in (
        ("repositories", "show", "nobody/knows"),
        ("tags", "history", "nobody/knows", "1.0"),
    ):
        refused = notifier(*arguments, status=1)

        assert refused.output == "Error: the log knows no such repository\n"


def test_what_is_not_counted_yet_is_not_called_unused(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.cli.usage.count", lambda _: False)

    refused = notifier("tags", "list", "--unpulled-for", "90d", status=1)

    assert "pulls are still being counted" in refused.output
    notifier("tags", "list")
