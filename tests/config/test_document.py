"""Documents: what stands where, and what is none."""

import time
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from notifier.config import ConfigError
from notifier.config.document import Entry


def document(text: str) -> Entry:
    entry = Entry.parse(text.encode(), "f.yml")
    assert entry is not None
    return entry


def refusal(content: str | bytes) -> str:
    """Read a document down to its last value; return why that cannot be."""
    content = content.encode() if isinstance(content, str) else content
    with pytest.raises(ConfigError) as refused:
        walk(Entry.parse(content, "f.yml"))
    return str(refused.value)


def walk(entry: Entry | None) -> None:
    for value in entry.mapping().values() if entry else ():
        for item in value.sequence():
            item.text()


def test_every_value_knows_its_key_and_its_line() -> None:
    top = document("a: 1\n\nb:\n  c:\n  - x\n  - y: 2\n").mapping()

    items = top["b"].mapping()["c"].sequence()
    inner = items[1].mapping()["y"]

    assert (top["a"].place, top["a"].key) == ("f.yml:1", "a")
    assert top["b"].place == "f.yml:3"
    assert (items[0].place, items[0].key) == ("f.yml:5", "b.c[0]")
    assert (inner.place, inner.key) == ("f.yml:6", "b.c[1].y")
    assert str(inner.error("is odd")) == "f.yml:6: b.c[1].y: is odd"


@pytest.mark.parametrize(
    "text", ["on", "1m30s", "007", "0x1F", "1:30", "2026-11-24", '"x: y"', ".5", "~x"]
)
def test_a_value_stays_as_it_was_written(text: str) -> None:
    assert document(f"a: {text}").mapping()["a"].text() == text.strip('"')


@pytest.mark.parametrize("text", ["a:", "a: ~", "a: null", "a: # later"])
def test_a_key_without_a_value_is_absent(text: str) -> None:
    assert document(text).mapping() == {}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_file_is_no_document(text: str, tmp_path: Path) -> None:
    path = tmp_path / "f.yml"
    path.write_text(text)

    assert Entry.read(path) is None


def test_an_alias_is_what_it_names() -> None:
    top = document("a: &all [x, y]\nb: *all\n").mapping()

    assert [item.text() for item in top["b"].sequence()] == ["x", "y"]
    assert top["b"].key == "b"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [x\nb: [y]\n", "f.yml:2: is not YAML: while parsing a flow sequence, "),
        ("a: [x]\n\tb: [y]\n", "f.yml:2: is not YAML: "),
        ("a: *none\n", "f.yml:1: is not YAML: found undefined alias 'none': mend it"),
        (
            "a: [x]\n---\nb: [x]\n",
            "f.yml:2: is not YAML: expected a single document in the st",
        ),
        ("a: [x]\nb: [\x00]\n", "f.yml:2: holds a control character"),
        (b"a: [x]\nb: [\xff]\n", "f.yml:2: is not UTF-8: save it so"),
        ("a: [x]\nb: [y]\na: [z]\n", "f.yml:3: a: stands in line 1 already: keep one"),
        ("? [a]\n: [x]\n", "f.yml:1: must be one plain value"),
        ("a: &m {x: y}\n<<: *m\n", "f.yml:2: `<<` is not read: write out what it"),
        ("- a\n", "f.yml:1: must be a mapping: `key: value`, a line for each"),
        ("a: x\n", "f.yml:1: a: must be a list: `[…]`, or `- …` in a line for each"),
        ("a:\n- x\n- [y]\n", "f.yml:3: a[1]: must be one plain value"),
        ("a:\n- x\n- ~\n", "f.yml:3: a[1]: must be one plain value"),
        ("a: [!!python/name:os.system x]", "f.yml:1: a[0]: must be one plain value"),
        ("a: " + "[" * 500, "f.yml: is nested too deep: flatten it"),
        ("a: [" + "x," * 131_072, "f.yml: has more than 262144 bytes: shorten it"),
    ],
    ids=lambda value: None if len(value) > 99 else repr(value),
)
def test_a_mistake_is_told_with_its_line(text: str | bytes, said: str) -> None:
    assert refusal(text).startswith(said)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yml: No such file or directory$"):
        Entry.read(tmp_path / "none.yml")


def test_a_file_without_an_end_is_not_read_to_its_end() -> None:
    with pytest.raises(ConfigError, match=r"^/dev/zero: has more than 262144 bytes"):
        Entry.read(Path("/dev/zero"))


def test_aliases_that_multiply_are_given_up() -> None:
    lists = "\n".join(f"k{n}: *a" for n in range(1000))
    began = time.monotonic()

    said = refusal(f"a: &a [{'x,' * 1000}]\n{lists}\n")

    assert said == "f.yml: comes to more than 50000 values: shorten it"
    assert time.monotonic() - began < 60


def test_an_alias_of_what_is_around_it_does_no_harm() -> None:
    top = document("a: &a\n- *a\n").mapping()

    [inner] = top["a"].sequence()
    [innermost] = inner.sequence()

    assert innermost.key == "a[0][0]"


@hypothesis.given(st.text("abc:-[]{}*&!#|>'\" \n~<", max_size=40) | st.binary())
def test_any_content_is_a_document_or_refused_in_one_line(content: str | bytes) -> None:
    content = content.encode() if isinstance(content, str) else content
    try:
        walk(Entry.parse(content, "f.yml"))
        said = "f.yml:"
    except ConfigError as error:
        said = str(error)
    assert said.startswith("f.yml:")
    assert len(said) < 500
