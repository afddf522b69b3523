"""Users and robots on the command line."""

import json

import pytest
from click.testing import CliRunner

from notifier.access import users
from notifier.access.passwords import PasswordHash, Passwords
from notifier.access.standings import Standings
from notifier.cli import main
from notifier.config import Settings
from notifier.db import Database
from tests.cli.conftest import Notifier

PASSWORD = "correct horse"


def _typed(*arguments: str, given: str) -> str:
    """Run a command whose standard input is *given*; return all that it prints."""
    result = CliRunner().invoke(main, arguments, input=given)
    assert result.exit_code == 0, result.output
    return result.output


def _has_password(settings: Settings, name: str, password: str) -> bool:
    database = Database(settings.database)
    stored = Standings(database).by_login(name).password_hash
    database.close()
    return stored is not None and Passwords().verify(PasswordHash(stored), password)


def test_a_password_is_asked_for_twice_and_not_shown(
    notifier: Notifier, settings: Settings
) -> None:
    output = _typed("users", "add", "alice", given=f"{PASSWORD}\n{PASSWORD}\n")

    assert output.count("Password: ") == 1
    assert "Repeat for confirmation: " in output
    assert PASSWORD not in output
    assert _has_password(settings, "alice", PASSWORD)
    notifier("users", "show", "alice")


def test_a_password_is_read_from_a_pipe(notifier: Notifier, settings: Settings) -> None:
    _typed("users", "add", "alice", "--password-stdin", given=f"{PASSWORD}\n")
    assert _has_password(settings, "alice", PASSWORD)

    _typed("users", "passwd", "alice", "--password-stdin", given="another one\r\n")
    assert _has_password(settings, "alice", "another one")

    notifier("users", "passwd", "alice", "--none")
    assert not _has_password(settings, "alice", "another one")


@pytest.mark.parametrize("given", ["", "short\n", "x" * 300 + "\n"])
def test_a_password_that_cannot_be_leaves_nothing(
    notifier: Notifier, given: str
) -> None:
    result = CliRunner().invoke(
        main, ("users", "add", "alice", "--password-stdin"), input=given
    )

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: password: must have 8 to 256 characters")
    notifier("users", "show", "alice", status=1)


def test_a_robot_needs_no_password(notifier: Notifier, settings: Settings) -> None:
    notifier("users", "add", "ci", "--robot", "--group", "a", "--group", "b")

    shown = json.loads(notifier("users", "show", "ci", "--json").stdout)
    assert shown["kind"] == "robot"
    assert shown["groups"] == ["a", "b"]
    assert not shown["has_password"]
    assert not _has_password(settings, "ci", "")


def test_the_first_user_is_told_that_grants_are_needed(notifier: Notifier) -> None:
    first = notifier("users", "add", "alice", "--no-password")
    second = notifier("users", "add", "bob", "--no-password")

    assert "notifier grants add user:alice admin" in first.stderr
    assert second.stderr == ""


def test_users_are_listed_the_newest_first(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        notifier("users", "add", name, "--no-password")
    monkeypatch.setattr("notifier.cli.pages._PAGE", 2)

    table = notifier("users", "list").stdout.splitlines()
    listed = json.loads(notifier("users", "list", "--json").stdout)

    assert [line.split()[0] for line in table] == ["name", "c", "b", "a"]
    assert [item["name"] for item in listed["items"]] == ["c", "b", "a"]
    assert listed["next"] is None


def test_a_user_is_shown_with_grants_and_tokens(notifier: Notifier) -> None:
    notifier("users", "add", "alice", "--no-password", "--group", "team")
    notifier("grants", "add", "group:team", "pull", "team/*")
    notifier("tokens", "create", "alice", "laptop", "--permit", "pull")

    shown = notifier("users", "show", "alice").stdout

    for word in ("group:team", "team/*", "laptop"):
        assert word in shown


def test_users_are_changed_and_removed(notifier: Notifier, settings: Settings) -> None:
    notifier("users", "add", "alice", "--no-password")
    said = [
        notifier("users", *arguments).stdout
        for arguments in (
            ("disable", "alice"),
            ("enable", "alice"),
            ("groups", "alice", "b", "a"),
            ("groups", "alice"),
            ("remove", "alice"),
        )
    ]

    assert said == [
        "alice is kept out\n",
        "alice is let in\n",
        "alice is in a, b\n",
        "alice is in no group\n",
        "removed alice\n",
    ]
    database = Database(settings.database)
    with database.read() as connection:
        assert users.list_users(connection, limit=1) == []
    database.close()


@pytest.mark.parametrize(
    "command", ["show", "disable", "enable", "remove", "groups", "passwd"]
)
def test_who_is_not_there_is_told_in_one_line(notifier: Notifier, command: str) -> None:
    none = ("--none",) if command == "passwd" else ()

    refused = notifier("users", command, "nobody", *none, status=1)

    assert refused.stderr == "Error: there is no such user\n"


def test_changes_are_on_the_record(notifier: Notifier) -> None:
    notifier("users", "add", "alice", "--no-password")
    notifier("users", "disable", "alice")
    notifier("users", "remove", "alice")

    listed = json.loads(notifier("events", "list", "--json").stdout)["items"]

    events = [item["event"] for item in reversed(listed)]
    assert [event["action"] for event in events] == [
        "user.create",
        "user.update",
        "user.remove",
    ]
    assert events[1]["detail"]["fields"] == ["disabled"]
    assert all(event["detail"]["user"]["name"] == "alice" for event in events)
