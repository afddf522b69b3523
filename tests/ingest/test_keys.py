"""The same event has the same key, and keys sort by the time of events."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.ids import made_at, uuid7
from notifier.ingest.keys import derived_uuid, make_key
from tests.ingest.told import NOW_NS

SOURCE = uuid7()
SECOND_NS = 10**9
EARLIEST_NS = 1_356_998_400 * SECOND_NS


@given(
    st.binary(min_size=1),
    st.integers(EARLIEST_NS, NOW_NS),
    st.integers(NOW_NS, NOW_NS + 10**18),
)
def test_an_event_has_its_key_whenever_it_comes(
    name: bytes, at_ns: int, later_ns: int
) -> None:
    key = make_key(SOURCE, name, at_ns, NOW_NS)

    assert make_key(SOURCE, name, at_ns, later_ns) == key
    assert key.at_ns == at_ns
    assert key.earlier == ()
    assert (key.id.version, key.id.variant) == (7, UUID(int=uuid7().int).variant)
    assert abs(made_at(key.id).timestamp() - at_ns / SECOND_NS) < 0.002


@given(st.integers(EARLIEST_NS, NOW_NS - 1000), st.binary(), st.binary())
def test_keys_sort_by_the_time_of_events(at_ns: int, one: bytes, other: bytes) -> None:
    assert (
        make_key(SOURCE, one, at_ns, NOW_NS).id
        < make_key(SOURCE, other, at_ns + 1000, NOW_NS).id
    )


def test_what_is_called_alike_by_others_is_something_else() -> None:
    keys = {
        make_key(source, name, at_ns, NOW_NS).id
        for source in (SOURCE, uuid7())
        for name in (b"a", b"b")
        for at_ns in (NOW_NS, NOW_NS - SECOND_NS)
    }

    assert len(keys) == 8


@pytest.mark.parametrize(
    "at_ns", [None, 0, EARLIEST_NS - 1, NOW_NS + 61 * SECOND_NS, 2**63 - 1]
)
def test_a_time_that_cannot_be_is_that_of_the_receipt(at_ns: int | None) -> None:
    key = make_key(SOURCE, b"a", at_ns, NOW_NS)

    assert key.at_ns == NOW_NS
    assert made_at(key.id).timestamp() == NOW_NS / SECOND_NS


@given(st.integers(0, 290), st.integers(0, 9))
def test_what_has_no_time_is_known_again_for_five_minutes(
    later_s: int, within_s: int
) -> None:
    first = make_key(SOURCE, b"a", None, NOW_NS + within_s * SECOND_NS)

    again = make_key(SOURCE, b"a", None, NOW_NS + (within_s + later_s) * SECOND_NS)

    assert first.id in {again.id, *again.earlier}


def test_what_has_no_time_is_something_else_after_that() -> None:
    first = make_key(SOURCE, b"a", None, NOW_NS)

    later = make_key(SOURCE, b"a", None, NOW_NS + 311 * SECOND_NS)

    assert first.id not in {later.id, *later.earlier}


def test_a_clock_may_be_a_minute_ahead() -> None:
    ahead_ns = NOW_NS + 60 * SECOND_NS

    assert make_key(SOURCE, b"a", ahead_ns, NOW_NS).at_ns == ahead_ns


def test_a_derived_uuid_is_the_same_for_equal_texts_alone() -> None:
    made = {derived_uuid("a", "b"), derived_uuid("ab", ""), derived_uuid("a", "b")}

    assert len(made) == 2
    assert {uuid.version for uuid in made} == {8}
