"""API tokens on the command line."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifier.access.token_text import is_token
from tests.access.test_htpasswd import line
from tests.cli.conftest import Notifier


@pytest.fixture(autouse=True)
def _owner(notifier: Notifier) -> None:
    notifier("users", "add", "ci", "--robot")


def test_a_token_is_shown_once(notifier: Notifier) -> None:
    created = notifier(
        *("tokens", "create", "ci", "build", "--permit", "push", "--permit", "pull"),
        *("--repository", "team/*", "--repository", "base"),
    )

    [text] = re.findall(r"ntf_\w+", created.stdout)
    listed = notifier("tokens", "list").stdout
    as_json = notifier("tokens", "list", "--json").stdout
    assert is_token(text)
    assert "it is not shown again" in created.stderr
    assert text not in listed + as_json
    [token] = json.loads(as_json)["items"]
    assert token["subject"] == "robot:ci"
    assert token["permits"] == ["pull", "push"]
    assert token["repositories"] == ["team/*", "base"]
    assert (token["expires_at"], token["last_used_at"]) == (None, None)


def test_a_token_may_end_by_itself(notifier: Notifier) -> None:
    created = json.loads(
        notifier(
            *("tokens", "create", "robot:ci", "x", "--permit", "pull"),
            *("--expires", "90d", "--json"),
        ).stdout
    )

    ends = datetime.fromisoformat(created["expires_at"])
    assert is_token(created["token"])
    assert abs(ends - datetime.now(UTC) - timedelta(days=90)) < timedelta(minutes=5)
    assert "good" in notifier("tokens", "list").stdout


def test_a_token_is_revoked(notifier: Notifier) -> None:
    created = json.loads(
        notifier("tokens", "create", "ci", "x", "--permit", "pull", "--json").stdout
    )

    revoked = notifier("tokens", "revoke", created["id"])
    again = notifier("tokens", "revoke", created["id"], status=1)

    assert revoked.stdout == "revoked x of robot:ci\n"
    assert again.stderr == "Error: there is no such token\n"
    assert "revoked" in notifier("tokens", "list", "--owner", "ci").stdout
    assert "revoked" not in notifier("tokens", "list", "--owner", "alice").stdout


def test_who_is_not_known_gets_no_token(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    create = ("tokens", "create", "alice", "x", "--permit", "pull")

    refused = notifier(*create, status=1)

    assert refused.stderr == "Error: there is no such user\n"
    (tmp_path / "htpasswd").write_text(line("alice"))
    monkeypatch.setenv("NOTIFIER_HTPASSWD", str(tmp_path / "htpasswd"))
    assert "user:alice" in notifier(*create).stdout


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        ((), 2, "Missing option '--permit'"),
        (("--permit", "fly"), 2, "'fly' is not one of"),
        (("--permit", "pull", "--expires", "soon"), 2, "is not a span"),
        (("--permit", "pull", "--expires", "0"), 1, "expires_at: must be in the"),
        (("--permit", "pull", "--repository", "T"), 1, "repositories: each must be"),
    ],
)
def test_a_token_that_cannot_be_is_refused(
    notifier: Notifier, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    refused = notifier("tokens", "create", "ci", "x", *arguments, status=status)

    assert reason in refused.stderr
    assert json.loads(notifier("tokens", "list", "--json").stdout)["items"] == []


def test_changes_are_on_the_record_without_the_token(notifier: Notifier) -> None:
    created = json.loads(
        notifier("tokens", "create", "ci", "x", "--permit", "pull", "--json").stdout
    )
    notifier("tokens", "revoke", created["id"])

    output = notifier("events", "list", "--json").stdout

    events = [item["event"] for item in json.loads(output)["items"]]
    assert [event["action"] for event in events[:2]] == ["token.revoke", "token.create"]
    assert events[0]["detail"]["token"]["name"] == "x"
    assert created["token"] not in output
