"""Ranges of ids know what is within them."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from notifier.audit.retention.ranges import Ranges

ids = st.integers(0, 40).map(lambda number: UUID(int=number))
ranges = st.tuples(ids, ids).map(lambda ends: (min(ends), max(ends)))


@given(st.lists(ranges), ids)
def test_an_id_is_within_ranges_if_it_is_within_one_of_them(
    them: list[tuple[UUID, UUID]], id_: UUID
) -> None:
    expected = any(first <= id_ <= last for first, last in them)

    assert (id_ in Ranges(them)) is expected
