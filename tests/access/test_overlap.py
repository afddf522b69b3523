"""What two globs have in common."""

import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.access.overlap import overlap, overlaps
from notifier.globs import matches


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("**", "team/*", {"team/*"}),
        ("team/app", "team/**", {"team/app"}),
        ("team/app", "else/**", set()),
        ("*/app", "team/*", {"team/app"}),
        ("team/**", "**/app", {"team/app", "team/***/app"}),
        ("team/*", "team/a*", {"team/a*"}),
        ("team/a*", "team/*z", {"team/a*z"}),
        ("a*", "*a", {"a", "a*a"}),
        ("team/*", "other/*", set()),
    ],
)
def test_two_globs_have_this_in_common(one: str, other: str, both: set[str]) -> None:
    assert set(overlap(one, other)) == both
    assert set(overlap(other, one)) == both


GLOBS = st.lists(st.sampled_from(["a", "b", "/", "*", "**", "**/"]), max_size=5).map(
    "".join
)
NAMES = ["".join(name) for size in range(6) for name in product("ab/", repeat=size)]


@given(GLOBS, GLOBS)
def test_what_overlaps_is_exactly_what_both_match(one: str, other: str) -> None:
    found = overlap(one, other)

    for name in NAMES:
        both = matches(one, name) and matches(other, name)
        assert both == any(matches(glob, name) for glob in found), name


def test_lists_overlap_where_one_of_each_does() -> None:
    found = set(overlaps(["team/*", "base"], ["*/app", "base", "x"]))

    assert found == {"team/app", "base"}


@given(st.text("ab/*", max_size=255), st.text("ab/*", max_size=255))
def test_what_is_left_out_is_never_too_much(one: str, other: str) -> None:
    for glob in overlap(one, other)[:5]:
        name = glob.replace("*", "")
        if matches(glob, name):
            assert matches(one, name)
            assert matches(other, name)


def test_no_two_globs_take_long() -> None:
    began = time.thread_time()

    for one, other in [("*a" * 127, "a*" * 127), ("**/a" * 60, "*/" * 120)]:
        overlap(one, other)

    assert time.thread_time() - began < 0.5
