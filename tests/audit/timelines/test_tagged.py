"""What is listed of tags, and in how many pages."""

from collections.abc import Iterable, Sequence
from itertools import product

import pytest
from flask.testing import FlaskClient

from notifier.audit.cursor import CursorInvalid, render_names
from notifier.audit.timelines import tagged
from notifier.audit.timelines.selection import Selection
from notifier.audit.timelines.tagged import (
    Place,
    TaggedManifest,
    list_tagged,
    parse_place,
    render_place,
)
from notifier.web.services import Services
from tests import factories

_REPOSITORIES = ("a/app", "b/app", "b/lib", "c/app")
_TAGS = ("1.0", "2.0", "latest")


@pytest.fixture(name="tags")
def _tags(client: FlaskClient) -> Sequence[tuple[str, str]]:
    """Push some images; give their repositories and tags, in order."""
    for repository in reversed(_REPOSITORIES):
        for tag in _TAGS:
            factories.push_image(client, tag, repository)
    return [(repository, tag) for repository in _REPOSITORIES for tag in _TAGS]


def _list(own: Services, selection: Selection, limit: int) -> list[TaggedManifest]:
    """List all, page by page."""
    found: list[TaggedManifest] = []
    after = None
    own.counting.catch_up()
    while True:
        with own.database.read() as connection:
            items, after = list_tagged(
                connection, own.recorder, selection, limit=limit, after=after
            )
        assert len(items) <= limit
        found += items
        if after is None:
            return found
        after = parse_place(render_place(after))


def _names(items: Iterable[TaggedManifest]) -> list[tuple[str, str]]:
    return [(item.repository, item.tag) for item in items]


def test_the_pages_have_no_seam(
    own: Services,
    tags: Sequence[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    subtests: pytest.Subtests,
) -> None:
    monkeypatch.setattr(tagged, "_TAGS_AT_ONCE", 2)
    monkeypatch.setattr(tagged, "_NAMES_AT_ONCE", 2)
    b = Selection(globs=["b/*"])
    for limit, window in product([1, 2, 5, 12, 100], [1, 3, 1000]):
        monkeypatch.setattr(tagged, "_WINDOW", window)
        with subtests.test(limit=limit, window=window):
            assert _names(_list(own, Selection(), limit)) == tags
            assert _names(_list(own, b, limit)) == [
                pair for pair in tags if pair[0][0] == "b"
            ]


def test_a_cursor_shows_nothing_that_one_may_not_see(
    own: Services, tags: Sequence[tuple[str, str]]
) -> None:
    selection = Selection(sees=lambda name: name != "b/app")
    forged = Place("b/app", "1.0")

    with own.database.read() as connection:
        found, _ = list_tagged(
            connection, own.recorder, selection, limit=100, after=forged
        )

    assert _names(found) == [pair for pair in tags if pair[0] > "b/app"]


def test_a_cursor_that_names_no_place_is_refused() -> None:
    for cursor in ("", "x" * 20, render_names("tags", ["team/application"]), "é"):
        with pytest.raises(CursorInvalid):
            parse_place(cursor)


def test_what_is_used_since_some_moment_is_not_unused_since_then(
    own: Services, tags: Sequence[tuple[str, str]]
) -> None:
    [first, *_] = _list(own, Selection(), 100)
    assert first.usage.pushed_ns is not None
    pushed_last = max(
        item.usage.pushed_ns or 0 for item in _list(own, Selection(), 100)
    )

    unused = _list(own, Selection(unused_since_ns=pushed_last + 1), 100)
    used = _list(own, Selection(unused_since_ns=first.usage.pushed_ns), 100)

    assert _names(unused) == tags
    assert first not in used
    assert first in unused
