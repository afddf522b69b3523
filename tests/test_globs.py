"""What patterns match."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.globs import matches


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("alpine", "alpine"),
        ("*", "alpine"),
        ("*", ""),
        ("team/*", "team/app"),
        ("team/*/app", "team/a/app"),
        ("v1.*", "v1.2"),
        ("*-dev", "1.0-dev"),
        ("**", "team/a/app"),
        ("team/**", "team/a/app"),
        ("**/app", "team/a/app"),
        ("**/app", "app"),
        ("team/**/app", "team/app"),
        ("t**p", "team/app"),
    ],
)
def test_a_pattern_matches(pattern: str, name: str) -> None:
    assert matches(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("alpine", "alpine2"),
        ("alpine", "library/alpine"),
        ("*", "team/app"),
        ("team/*", "team/a/app"),
        ("team/*", "team"),
        ("**/app", "team/myapp"),
        ("v1.*", "v12"),
        ("a?c", "abc"),
        ("[a]", "a"),
    ],
)
def test_a_pattern_does_not_match(pattern: str, name: str) -> None:
    assert not matches(pattern, name)


@given(st.text("ab/*", max_size=8), st.text("ab/", max_size=8))
def test_a_glob_is_the_regular_expression_it_stands_for(
    pattern: str, name: str
) -> None:
    parts = re.findall(r"(?:^|(?<=/))\*\*/|\*\*+|\*|[^*]+", pattern)
    meaning = {"**/": "(?:.*/)?", "*": "[^/]*"}
    expression = "".join(
        meaning.get(part) or (".*" if part[0] == "*" else re.escape(part))
        for part in parts
    )

    assert matches(pattern, name) == bool(re.fullmatch(expression, name))


def test_no_pattern_takes_long() -> None:
    began = time.thread_time()

    for pattern in ("**a*" * 20, "*a" * 100, "**/*" * 50):
        assert not matches(pattern, "a" * 254 + "b/c-")

    assert time.thread_time() - began < 0.5
