import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.registry.digest import Digest
from notifier.registry.errors import DigestInvalid, NameInvalid, TagInvalid
from notifier.registry.reference import parse_reference, parse_repository, parse_tag

# As the specification prints them.
NAME = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
TAG = r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}"


WORDS = st.text(alphabet="az09", min_size=1, max_size=4)
COMPONENTS = st.builds(
    lambda first, rest: first + "".join(a + b for a, b in rest),
    WORDS,
    st.lists(
        st.tuples(st.sampled_from([".", "_", "__", "-", "---"]), WORDS), max_size=3
    ),
)
NAMES = st.lists(COMPONENTS, min_size=1, max_size=5).map("/".join)


@given(NAMES)
def test_every_name_of_the_grammar_is_taken(name: str) -> None:
    assert parse_repository(name) == name


@given(st.text(alphabet="ab0._-/~A\0\n %", max_size=12))
def test_no_other_name_is_taken(name: str) -> None:
    if re.fullmatch(NAME, name):
        assert parse_repository(name) == name
    else:
        with pytest.raises(NameInvalid):
            parse_repository(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        ".",
        "..",
        "../etc",
        "a/../b",
        "a/..",
        "a/_/b",
        "_",
        "-a",
        "a-",
        "a..b",
        "a___b",
        "a._b",
        "Library/alpine",
        "a b",
        "a\0b",
        "a\n",
        "é",
        "a%2fb",
        "localhost:5000/a",
        "a\\b",
        "\N{FULLWIDTH LATIN SMALL LETTER A}",
        "a" * 256,
    ],
)
def test_a_name_outside_of_the_grammar_is_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        parse_repository(name)


@pytest.mark.parametrize(
    "name", ["a", "a" * 255, "a.b_c__d---e/f", "0/1/2", "a/blobs/uploads", "a/b" * 60]
)
def test_an_unusual_name_is_taken(name: str) -> None:
    assert parse_repository(name) == name


def test_a_long_name_that_nearly_fits_is_refused_in_no_time() -> None:
    with pytest.raises(NameInvalid):
        parse_repository("a-" * 127 + "!")


@given(st.from_regex(TAG, fullmatch=True))
def test_every_tag_of_the_grammar_is_taken(tag: str) -> None:
    assert parse_tag(tag) == tag
    assert parse_reference(tag) == tag


@pytest.mark.parametrize(
    "tag",
    ["", ".a", "-a", "a/b", "a b", "a\0", "a\n", "é", "..", "a" * 129, "a+b", "a@b"],
)
def test_a_tag_outside_of_the_grammar_is_refused(tag: str) -> None:
    with pytest.raises(TagInvalid):
        parse_tag(tag)


def test_a_reference_with_a_colon_is_a_digest_and_never_a_tag() -> None:
    digest = Digest.of(b"")

    assert isinstance(parse_reference(digest), Digest)
    for text in ("sha256:abc", "sha257:" + "a" * 64, "a:b", ":"):
        with pytest.raises(DigestInvalid):
            parse_reference(text)


def test_a_refusal_repeats_only_the_beginning_of_a_name() -> None:
    with pytest.raises(NameInvalid) as refusal:
        parse_repository("A" * 70_000)

    assert refusal.value.detail == {"name": "A" * 256}
