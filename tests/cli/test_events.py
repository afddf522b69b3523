"""The events commands."""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from notifier.events import feed
from notifier.web.services import Services
from tests import factories
from tests.audit.logs import fill
from tests.cli.conftest import Notifier

# What differs between the databases is seen by the other tests, which take less time.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(name="pushed")
def _pushed(client: FlaskClient) -> str:
    """Push an image twice; give the digest."""
    factories.push_image(client, "1.0")
    return factories.push_image(client, "2.0")


def test_the_json_is_that_of_the_rest_api(
    notifier: Notifier, client: FlaskClient, pushed: str
) -> None:
    asked = client.get(f"/api/v1/events?digest={pushed}").get_json()

    listed = notifier("events", "list", "--digest", pushed, "--json")

    assert json.loads(listed.stdout) == asked
    first = asked["items"][0]["event"]["id"]
    shown = client.get(f"/api/v1/events/{first}").get_json()
    assert json.loads(notifier("events", "show", first, "--json").stdout) == shown


def test_every_option_narrows_the_answer(notifier: Notifier, pushed: str) -> None:
    def count(*options: str) -> int:
        listed = notifier("events", "list", "--json", *options)
        return len(json.loads(listed.stdout)["items"])

    an_hour_on = (datetime.now(UTC) + timedelta(hours=1)).replace(tzinfo=None)

    assert count() == 6
    assert count("--kind", "manifest") == 2
    assert count("--tag", "2.0") == 1
    assert count("--repository", "team/app", "--action", "push") == 6
    assert count("--action", "pull", "--action", "delete") == 0
    assert count("--repository", "team/other") == 0
    assert count("--actor", "alice") == 0
    assert count("--media-type", "application/octet-stream") == 4
    assert count("--since", "1h", "--until", an_hour_on.isoformat()) == 6
    assert count("--since", "2999-01-01T00:00:00+01:00") == 0
    assert count("--repository", "team/*", "--repository", "none") == 6
    assert count("--kind", "!manifest", "--since", "2w") == 4
    assert count("--tag-change", "new") == 2
    assert count("--digest", pushed.removeprefix("sha256:")[:12]) == 2
    assert count("--address", "127.0.0.0/8") == 6
    assert count("--useragent", "!*") == 0


@pytest.mark.usefixtures("pushed")
def test_a_long_answer_comes_in_pages(notifier: Notifier) -> None:
    first = json.loads(notifier("events", "list", "--limit", "4", "--json").stdout)
    cursor = first["next"]

    rest = json.loads(notifier("events", "list", "--cursor", cursor, "--json").stdout)

    assert len(first["items"]) == 4
    assert len(rest["items"]) == 2
    assert rest["next"] is None


@pytest.mark.usefixtures("pushed")
def test_the_oldest_may_come_first(notifier: Notifier) -> None:
    newest_first = json.loads(notifier("events", "list", "--json").stdout)

    oldest_first = notifier("events", "list", "--order", "asc", "--json").stdout

    assert json.loads(oldest_first)["items"] == newest_first["items"][::-1]


def test_people_see_tables(notifier: Notifier, pushed: str) -> None:
    listed = notifier("events", "list", "--tag", "2.0").stdout.splitlines()

    assert listed[0].split() == [
        *("time", "action", "repository", "digest", "actor", "client", "id")
    ]
    assert "push    team/app:2.0" in listed[1]
    assert pushed[:19] in listed[1]
    shown = notifier("events", "show", listed[1].split()[-1]).stdout
    assert pushed in shown
    assert "tag is" in shown


def test_an_event_is_shown_with_its_deliveries(
    notifier: Notifier, client: FlaskClient
) -> None:
    notifier("endpoints", "add", "ci", "http://127.0.0.1:9/")
    factories.push_image(client)
    listed = notifier("events", "list", "--tag", "1.0", "--json")
    event = json.loads(listed.stdout)["items"][0]["event"]["id"]

    shown = notifier("events", "show", event).stdout

    assert "ci        pending" in shown


def test_it_is_told_of_every_endpoint_whether_it_wanted_an_event(
    notifier: Notifier, client: FlaskClient
) -> None:
    notifier("endpoints", "add", "ci", "http://127.0.0.1:9/")
    notifier("endpoints", "add", "prod", "http://127.0.0.1:9/", "--tag", "v*")
    factories.push_image(client)
    listed = json.loads(notifier("events", "list", "--tag", "1.0", "--json").stdout)
    event = listed["items"][0]["event"]["id"]
    answer = client.get(f"/api/v1/events/{event}/deliveries").get_json()

    printed = notifier("events", "deliveries", event, "--json").stdout
    shown = notifier("events", "deliveries", event).stdout.splitlines()

    assert json.loads(printed) == answer
    delivery = answer["items"][1]["delivery"]["id"]
    assert shown[0].split() == [
        *("endpoint", "wanted", "refused", "by", "because", "state", "delivery")
    ]
    assert shown[1].split()[:3] == ["prod", "no", "filters.tags"]
    assert "the tag 1.0 is not among filters.tags" in shown[1]
    assert shown[2].split() == ["ci", "yes", "pending", delivery]


@pytest.mark.usefixtures("pushed")
def test_tail_prints_the_newest_last(notifier: Notifier) -> None:
    lines = notifier("events", "tail", "-n", "2", "--kind", "manifest").stdout

    first, second = lines.splitlines()
    assert "team/app:1.0" in first
    assert "team/app:2.0" in second
    assert notifier("events", "tail", "-n", "0").stdout == ""


@pytest.mark.usefixtures("pushed")
def test_an_event_is_one_line_of_a_tail_whatever_it_says(
    notifier: Notifier, own: Services
) -> None:
    forged = "x\n2026-11-30T13:59:59  push  prod/app:latest  sha256:aaaa  ceo"
    fill(own.database, own.recorder, [factories.event(actor=forged)])

    lines = notifier("events", "tail", "-n", "1").stdout.splitlines()

    assert len(lines) == 1
    assert "prod/app:latest" in lines[0]


@ON_SQLITE
@pytest.mark.usefixtures("notifier")
def test_tail_follows_until_it_is_interrupted(client: FlaskClient) -> None:
    factories.push_image(client, "old")
    command = [sys.executable, "-m", "notifier", "events", "tail", "-f", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            seen = [_tag_and_action(process.stdout.readline()) for _ in range(3)]
            factories.push_image(client, "new", layers=(b"other",))
            client.get("/v2/team/app/manifests/new")
            more = [_tag_and_action(process.stdout.readline()) for _ in range(4)]
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
        finally:
            process.kill()

    assert seen == [(None, "push"), (None, "push"), ("old", "push")]
    assert more[2:] == [("new", "push"), ("new", "pull")]
    assert rest == ""
    assert process.returncode == 0


@ON_SQLITE
def test_tail_says_that_something_is_missing(
    notifier: Notifier, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does who was stopped for longer than the feed goes back."""
    for tag in ("a", "b", "c"):
        fill(own.database, own.recorder, [factories.event(tag=tag)])
    naps = iter([lambda: feed.Forgetting(own.database, timedelta(0)).work()])

    def sleep(_seconds: float) -> None:
        for tag in ("d", "e"):
            fill(own.database, own.recorder, [factories.event(tag=tag)])
        nap = next(naps, None)
        if nap is None:
            raise KeyboardInterrupt
        nap()

    monkeypatch.setattr("notifier.cli.tailing.time", SimpleNamespace(sleep=sleep))

    followed = notifier("events", "tail", "-f", "-n", "0", "--json")

    tags = [
        json.loads(line)["event"]["target"]["tag"]
        for line in followed.stdout.splitlines()
    ]
    assert tags == ["e"]
    assert "Some of what was recorded before" in followed.stderr


def _tag_and_action(line: str) -> tuple[str | None, str]:
    event = json.loads(line)["event"]
    return event["target"].get("tag"), event["action"]


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (
            ("list", "--digest", "sha256:1"),
            2,
            "Neither a digest, sha256:…, nor the first 12",
        ),
        (("list", "--action", "!pushed"), 2, "Not one of: push, pull, mount"),
        (("list", "--address", "registry"), 2, "Neither an address"),
        (("list", "--since", "yesterday"), 2, "'yesterday' is neither"),
        (("list", "--until", "9999-12-31T23:59:59-12:00"), 2, "is neither"),
        (("list", "--cursor", "x"), 2, "'x' is not the `next` of a page"),
        (("show", str(uuid4())), 1, "there is no such event"),
        (("show", "x"), 2, "'x' is not a valid UUID"),
        (("deliveries", str(uuid4())), 1, "there is no such event"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    notifier: Notifier, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    refused = notifier("events", *arguments, status=status)

    last = refused.stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    assert reason in last


@ON_SQLITE
@pytest.mark.usefixtures("notifier", "pushed")
def test_a_reader_that_has_had_enough_is_no_error() -> None:
    command = f"{sys.executable} -m notifier events list --json | head -c 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "{"
    assert done.stderr == ""
