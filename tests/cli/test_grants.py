"""Grants on the command line."""

import json

import pytest

from tests.cli.conftest import Notifier


def test_a_grant_is_added_listed_and_removed(notifier: Notifier) -> None:
    added = json.loads(
        notifier(
            *("grants", "add", "group:team", "push,pull", "team/*", "base", "--json")
        ).stdout
    )

    table = notifier("grants", "list").stdout
    listed = json.loads(notifier("grants", "list", "--json").stdout)
    removed = notifier("grants", "remove", added["id"]).stdout

    assert (added["permits"], added["repositories"]) == (
        ["pull", "push"],
        ["team/*", "base"],
    )
    assert added["id"] in table
    assert "pull, push" in table
    assert listed == {"items": [added], "next": None}
    assert removed == "group:team has it no more: pull, push\n"
    assert json.loads(notifier("grants", "list", "--json").stdout)["items"] == []


def test_a_grant_is_in_all_repositories_if_none_is_named(notifier: Notifier) -> None:
    assert "**" in notifier("grants", "add", "authenticated", "pull").stdout


def test_a_name_alone_is_who_is_there(notifier: Notifier) -> None:
    notifier("users", "add", "ci", "--robot")
    notifier("grants", "add", "ci", "push")
    notifier("grants", "add", "alice", "pull")

    of_ci = json.loads(notifier("grants", "list", "--subject", "ci", "--json").stdout)
    listed = json.loads(notifier("grants", "list", "--json").stdout)

    assert [grant["subject"] for grant in of_ci["items"]] == ["robot:ci"]
    assert [grant["subject"] for grant in listed["items"]] == ["user:alice", "robot:ci"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("somebody:else", "pull"), "subject: must be user:NAME"),
        (("user:alice", "fly"), "permits: must be one or more of pull, push"),
        (("user:alice", "admin", "team/*"), "repositories: admin can be given on **"),
        (("user:alice", "pull", "Team"), "repositories: each must be a glob"),
    ],
)
def test_a_grant_that_cannot_be_is_refused_in_one_line(
    notifier: Notifier, arguments: tuple[str, ...], reason: str
) -> None:
    refused = notifier("grants", "add", *arguments, status=1)

    assert refused.stderr.startswith(f"Error: {reason}")
    assert refused.stderr.count("\n") == 1


def test_a_grant_that_is_not_there_cannot_be_removed(notifier: Notifier) -> None:
    unknown = "0196db4e-7017-7001-8017-9f3a5c000017"

    assert notifier("grants", "remove", unknown, status=1).stderr == (
        "Error: there is no such grant\n"
    )
    assert "is not a valid UUID" in notifier("grants", "remove", "x", status=2).stderr


def test_changes_are_on_the_record(notifier: Notifier) -> None:
    added = json.loads(notifier("grants", "add", "alice", "pull", "--json").stdout)
    notifier("grants", "remove", added["id"])

    listed = json.loads(notifier("events", "list", "--json").stdout)["items"]

    assert [item["event"]["action"] for item in listed] == [
        "grant.remove",
        "grant.create",
    ]
    assert listed[0]["event"]["detail"]["grant"] == {
        "id": added["id"],
        "subject": "user:alice",
        "permits": ["pull"],
        "repositories": ["**"],
    }
