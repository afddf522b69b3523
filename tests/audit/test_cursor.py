import string
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.audit.cursor import CursorInvalid, parse_cursor, render_cursor

_CHARACTERS = string.ascii_letters + string.digits + "-_"


@given(st.uuids())
def test_a_cursor_is_read_as_it_was_written(key: UUID) -> None:
    assert parse_cursor("events", render_cursor("events", key)) == key


@given(st.uuids())
def test_a_cursor_needs_no_escaping_in_a_url(key: UUID) -> None:
    assert set(render_cursor("events", key)) <= set(_CHARACTERS)


@given(st.uuids(), st.integers(0, 27), st.sampled_from(_CHARACTERS))
def test_a_cursor_with_another_character_is_refused(
    key: UUID, place: int, character: str
) -> None:
    cursor = render_cursor("events", key)
    tampered = cursor[:place] + character + cursor[place + 1 :]

    if tampered != cursor:
        with pytest.raises(CursorInvalid):
            parse_cursor("events", tampered)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        parse_cursor("events", text)


def test_a_cursor_of_another_listing_is_refused() -> None:
    cursor = render_cursor("events", UUID(int=1))

    with pytest.raises(CursorInvalid):
        parse_cursor("deliveries", cursor)
