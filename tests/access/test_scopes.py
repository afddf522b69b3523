"""Scopes: what is asked for, and what is left of it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.access.caller import Caller, Credential
from notifier.access.permissions import EVERYTHING, NOTHING, Permissions
from notifier.access.permits import Permit
from notifier.access.scopes import (
    Scope,
    ScopeInvalid,
    granted,
    is_name,
    parse_scope,
    parse_scopes,
)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        (
            "repository:team/app:pull,push",
            Scope("repository", "team/app", ("pull", "push")),
        ),
        (
            "repository(plugin):team/app:pull",
            Scope("repository", "team/app", ("pull",), "plugin"),
        ),
        (
            "repository:registry.example.com:5000/team/app:pull",
            Scope("repository", "registry.example.com:5000/team/app", ("pull",)),
        ),
        (
            "repository:[::1]:5000/app:pull",
            Scope("repository", "[::1]:5000/app", ("pull",)),
        ),
        ("registry:catalog:*", Scope("registry", "catalog", ("*",))),
        ("repository:a:pull,,pull", Scope("repository", "a", ("pull",))),
        ("repository:a:", Scope("repository", "a", ())),
        ("something:a:else", Scope("something", "a", ("else",))),
    ],
)
def test_a_scope_is_read(text: str, scope: Scope) -> None:
    assert parse_scope(text) == scope


@pytest.mark.parametrize(
    "text",
    [
        *("", "repository", "repository:a", ":a:pull", "repository::pull"),
        *("Repository:a:pull", "repository:A:pull", "repository:a/:pull"),
        *("repository:team/*:pull", "repository:**:pull", "repository:a:PULL"),
        *("repository():a:pull", "repository(x:a:pull", "repository:a:pull push"),
        *("repository:a:" + ",".join(["x"] * 17), f"repository:{'a' * 321}:pull"),
        *("repository:é:pull", "repository:a:pull\n", "repository:../a:pull"),
    ],
)
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(ScopeInvalid, match="is written like"):
        parse_scope(text)


def test_several_scopes_may_stand_in_one_text_and_in_several() -> None:
    found = parse_scopes(
        ["repository:a:pull repository:b:push", "", "repository:a:push,pull"]
    )

    assert found == (
        Scope("repository", "a", ("pull", "push")),
        Scope("repository", "b", ("push",)),
    )


def test_there_may_be_so_many_scopes_and_so_long() -> None:
    with pytest.raises(ScopeInvalid, match="more than 64"):
        parse_scopes([f"repository:a{n}:pull" for n in range(65)])
    with pytest.raises(ScopeInvalid, match="8192 characters at most"):
        parse_scopes(["a" * 8193])


# So short that no name is too long, with a host before it.
COMPONENTS = st.from_regex(
    r"[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}", fullmatch=True
)
NAMES = st.lists(COMPONENTS, min_size=1, max_size=4).map("/".join)
ACTIONS = st.lists(
    st.sampled_from(["pull", "push", "delete", "*", "other"]), unique=True
)


@given(
    st.sampled_from(["repository", "registry", "x9"]),
    st.none() | st.sampled_from(["plugin", "image"]),
    st.sampled_from(["", "localhost:5000/", "registry.example.com/"]),
    NAMES,
    ACTIONS,
)
def test_what_is_written_by_the_grammar_is_read_again(
    type_: str, class_: str | None, host: str, name: str, actions: list[str]
) -> None:
    scope = Scope(type_, host + name, tuple(actions), class_)

    assert parse_scope(str(scope)) == scope


@given(st.text() | st.text("repository:a/*,() 5"))
def test_a_text_is_a_scope_or_refused(text: str) -> None:
    try:
        scope = parse_scope(text)
    except ScopeInvalid:
        return
    assert "*" not in scope.name
    assert parse_scope(str(scope)) == scope


def test_no_text_takes_long() -> None:
    began = time.thread_time()

    for name in ("a-" * 4000, "a." * 4000 + "!", "a/" * 4000, "a_" * 160):
        assert not is_name(name)

    assert time.thread_time() - began < 0.5


READER = Caller(
    "alice",
    Credential.PASSWORD,
    Permissions.of(
        [([Permit.PULL], ["team/*"]), ([Permit.PUSH, Permit.AUDITOR], ["team/app"])]
    ),
)
NOBODY = Caller(None, Credential.NONE, NOTHING)
ADMIN = Caller("root", Credential.PASSWORD, EVERYTHING)


@pytest.mark.parametrize(
    ("caller", "asked", "left"),
    [
        (READER, "repository:team/app:pull,push,delete", "pull,push"),
        (READER, "repository:team/app:*", "pull,push"),
        (READER, "repository:team/x:pull,push", "pull"),
        (READER, "repository:other/x:pull,push", None),
        (READER, "repository:team/app:auditor,admin", None),
        (READER, "registry:catalog:*", "*"),
        (READER, "registry:catalog:pull", None),
        (READER, "registry:other:*", None),
        (NOBODY, "registry:catalog:*", None),
        (NOBODY, "repository:team/app:pull", None),
        (ADMIN, "repository:team/app:*", "pull,push,delete"),
        (ADMIN, "repository:team/app:delete,admin", "delete"),
        (ADMIN, "unknown:team/app:pull", None),
    ],
)
def test_what_is_granted_is_what_is_asked_and_may_be_done(
    caller: Caller, asked: str, left: str | None
) -> None:
    found = [
        ",".join(scope.actions) for scope in granted(parse_scopes([asked]), caller)
    ]

    assert found == ([] if left is None else [left])


@given(st.lists(st.tuples(NAMES, ACTIONS), max_size=5))
def test_nobody_is_granted_more_than_they_may_and_asked(
    asked: list[tuple[str, list[str]]],
) -> None:
    scopes = [Scope("repository", name, tuple(actions)) for name, actions in asked]

    for scope in granted(scopes, READER):
        assert all(READER.may(permit, scope.name) for permit in scope.permits)
        assert scope.name in {name for name, _ in asked}
