"""What permits give, and where."""

from itertools import product

import pytest

from notifier.access.caller import Caller, Credential
from notifier.access.permissions import EVERYTHING, NOTHING, Permissions
from notifier.access.permits import REPOSITORY_PERMITS, Permit

TEAM = ("team/**",)
GIVEN = [
    # What is granted on team/**, and what that gives there.
    *((permit, {permit}) for permit in (*REPOSITORY_PERMITS, Permit.AUDITOR)),
    (Permit.OPERATOR, {Permit.OPERATOR}),
    (Permit.ADMIN, set(Permit)),
]


@pytest.mark.parametrize(
    ("granted", "asked"), list(product(Permit, Permit)), ids=lambda permit: permit.value
)
def test_a_permit_gives_itself_alone_but_for_admin_which_gives_all(
    granted: Permit, asked: Permit
) -> None:
    permissions = Permissions.of([([granted], ["**"])])

    gives = asked in dict(GIVEN)[granted]

    assert permissions.allow(asked) == gives
    assert permissions.allow(asked, "team/app") == gives
    assert permissions.globs_for(asked) == (("**",) if gives else ())


@pytest.mark.parametrize("permit", [*REPOSITORY_PERMITS, Permit.AUDITOR])
def test_a_permit_is_given_where_a_glob_matches(permit: Permit) -> None:
    permissions = Permissions.of([([permit], TEAM), ([permit], ["base", "x/*"])])

    assert permissions.allow(permit, "team/a/b")
    assert permissions.allow(permit, "base")
    assert not permissions.allow(permit, "other/app")
    assert not permissions.allow(permit, "x/y/z")
    assert permissions.allow(permit)
    assert permissions.globs_for(permit) == ("team/**", "base", "x/*")


def test_a_glob_that_is_everything_stands_for_the_others() -> None:
    permissions = Permissions.of([([Permit.PULL], TEAM), ([Permit.PULL], ["**"])])

    assert permissions.globs_for(Permit.PULL) == ("**",)


@pytest.mark.parametrize("permit", Permit)
def test_nothing_gives_nothing_and_everything_all(permit: Permit) -> None:
    assert not NOTHING.allow(permit)
    assert not NOTHING.allow(permit, "team/app")
    assert EVERYTHING.allow(permit)
    assert EVERYTHING.allow(permit, "team/app")


def test_what_both_allow_is_what_overlaps() -> None:
    owner = Permissions.of(
        [([Permit.PULL, Permit.PUSH], ["*/app"]), ([Permit.DELETE], ["**"])]
    )
    token = Permissions.of([([Permit.PULL, Permit.DELETE], TEAM)])

    both = owner.and_also(token)

    assert both.globs_for(Permit.PULL) == ("team/app",)
    assert both.globs_for(Permit.DELETE) == TEAM
    assert both.globs_for(Permit.PUSH) == ()
    assert both.allow(Permit.PULL, "team/app")
    assert not both.allow(Permit.PULL, "other/app")
    assert not both.allow(Permit.PUSH)


def test_globs_that_do_not_overlap_leave_nothing() -> None:
    both = Permissions.of([([Permit.PULL], ["a/*"])]).and_also(
        Permissions.of([([Permit.PULL], ["b/*"])])
    )

    assert not both.allow(Permit.PULL)


def test_of_an_admin_a_token_takes_what_it_names() -> None:
    both = EVERYTHING.and_also(Permissions.of([([Permit.PUSH], TEAM)]))

    assert both.globs_for(Permit.PUSH) == TEAM
    assert not both.allow(Permit.ADMIN)
    assert not both.allow(Permit.PULL, "team/app")


def test_answers_are_remembered_within_a_bound() -> None:
    permissions = Permissions.of([([Permit.PULL], TEAM)])

    asked = [permissions.allow(Permit.PULL, f"team/{n}") for n in range(3000)]

    assert all(asked)
    assert len(permissions._answers) <= 1024


def test_a_caller_is_asked_what_they_may() -> None:
    caller = Caller(
        "alice", Credential.PASSWORD, Permissions.of([([Permit.PULL], TEAM)])
    )

    assert caller.may(Permit.PULL, "team/app")
    assert not caller.may(Permit.PUSH)
    assert caller.globs_for(Permit.PULL) == TEAM
    assert caller.catalog_globs() == TEAM


def test_a_catalog_may_show_more_than_a_token_may_pull() -> None:
    pulls = Permissions.of([([Permit.PULL], TEAM)])
    caller = Caller("alice", Credential.ACCESS_TOKEN, NOTHING, listed=pulls)

    assert caller.catalog_globs() == TEAM
    assert not caller.may(Permit.PULL)
