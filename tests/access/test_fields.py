"""What names, subjects, repositories and permits may be."""

import pytest

from notifier.access.errors import AccessInvalid
from notifier.access.fields import (
    checked_globs,
    checked_label,
    checked_name,
    checked_permits,
)
from notifier.access.permits import Permit
from notifier.access.subjects import parse_subject


@pytest.mark.parametrize("name", ["alice", "a", "A.b_c-d@e+f", "9", "x" * 100])
def test_a_user_can_be_called_so(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "a:b", "-a", ".a", "a b", "é", "x" * 101, "a\n", "a/b"]
)
def test_a_user_cannot_be_called_so(name: str) -> None:
    with pytest.raises(AccessInvalid, match=r"^name: must have 1 to 100"):
        checked_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "anonymous",
        "authenticated",
        "user:alice",
        "user:repo:acme/app:ref:refs/heads/main",
        "user:Alice Müller",
        "robot:ci",
        "group:team",
    ],
)
def test_a_subject_is_written_so(text: str) -> None:
    assert parse_subject(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "alice", "user:", "robot:", "group:", "User:alice", "everybody:x"),
        *("robot:a b", "group:a:b", "user: a", "user:a\nb", "user:" + "x" * 256),
    ],
)
def test_a_subject_is_not_written_so(text: str) -> None:
    with pytest.raises(AccessInvalid, match=r"^subject: "):
        parse_subject(text)


@pytest.mark.parametrize("label", ["", " a", "a\x07", "x" * 101])
def test_a_token_cannot_be_called_so(label: str) -> None:
    with pytest.raises(AccessInvalid, match=r"^name: "):
        checked_label(label)


def test_permits_are_sorted_and_each_once() -> None:
    found = checked_permits(["delete", "pull", "delete"])

    assert found == (Permit.PULL, Permit.DELETE)


@pytest.mark.parametrize("permits", [[], ["pul"], ["pull", "PUSH"], ["*"]])
def test_permits_have_their_names(permits: list[str]) -> None:
    with pytest.raises(AccessInvalid, match=r"^permits: must be one or more of pull, "):
        checked_permits(permits)


def test_repositories_are_globs_each_once() -> None:
    globs = ["team/app", "team/*", "**/x_y.z-1", "team/app"]

    found = checked_globs(globs, [Permit.PULL, Permit.AUDITOR])

    assert found == ("team/app", "team/*", "**/x_y.z-1")


@pytest.mark.parametrize(
    "globs", [[], [""], ["Team/app"], ["a b"], ["a" * 256], ["a"] * 51, ["a?"]]
)
def test_repositories_can_be_those_of_names_only(globs: list[str]) -> None:
    with pytest.raises(AccessInvalid, match=r"^repositories: "):
        checked_globs(globs, [Permit.PULL])


@pytest.mark.parametrize("role", [Permit.OPERATOR, Permit.ADMIN])
def test_a_role_without_repositories_is_given_on_all_of_them(role: Permit) -> None:
    assert checked_globs(["**"], [role, Permit.PULL]) == ("**",)
    for globs in (["team/**"], ["**", "team/**"], ["*"]):
        with pytest.raises(AccessInvalid, match=f"{role} can be given on"):
            checked_globs(globs, [role])
