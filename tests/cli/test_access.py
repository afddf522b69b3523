"""Asking on the command line who may do what."""

import json

import pytest

from tests.cli.conftest import Notifier


def test_the_status_says_whether_and_the_line_which_grant(notifier: Notifier) -> None:
    notifier("users", "add", "alice", "--no-password", "--group", "team")
    grant = json.loads(
        notifier("grants", "add", "group:team", "push", "team/*", "--json").stdout
    )

    yes = notifier("access", "check", "alice", "push", "team/app")
    no = notifier("access", "check", "alice", "delete", "team/app", status=1)

    assert yes.stdout == (
        f"yes: it is granted to group:team\n{grant['id']}  group:team: push in team/*\n"
    )
    assert no.stdout == "no: nothing grants it\n"


def test_programs_get_the_grant_as_the_api_has_it(notifier: Notifier) -> None:
    notifier("grants", "add", "anonymous", "pull", "public/*")
    [grant] = json.loads(notifier("grants", "list", "--json").stdout)["items"]

    yes = notifier("access", "check", "anonymous", "pull", "public/app", "--json")
    no = notifier("access", "check", "anonymous", "push", "--json", status=1)

    assert json.loads(yes.stdout) == {
        "subject": "anonymous",
        "allowed": True,
        "reason": "it is granted to anonymous",
        "grant": grant,
    }
    assert json.loads(no.stdout)["grant"] is None


def test_settings_count(notifier: Notifier, monkeypatch: pytest.MonkeyPatch) -> None:
    open_ = notifier("access", "check", "alice", "admin")
    monkeypatch.setenv("NOTIFIER_HOST", "0.0.0.0")
    closed = notifier("access", "check", "alice", "admin", status=1)
    monkeypatch.setenv("NOTIFIER_ANONYMOUS", "all")
    said = notifier("access", "check", "alice", "admin")

    assert open_.stdout.startswith("yes: no access is configured")
    assert closed.stdout == "no: nothing grants it\n"
    assert said.stdout == "yes: NOTIFIER_ANONYMOUS lets everybody do so\n"


def test_a_permit_has_its_name(notifier: Notifier) -> None:
    refused = notifier("access", "check", "alice", "fly", status=2)

    assert "'fly' is not one of" in refused.stderr
