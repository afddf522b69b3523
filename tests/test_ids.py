import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from notifier.ids import first_id, first_uuid7, made_at, uuid7

# Until the year 10889, when the milliseconds no longer fit.
moments = st.integers(0, 2**48 * 1_000_000 - 1)


@given(moments)
def test_an_id_is_a_uuid_of_version_7(at_ns: int) -> None:
    made = uuid7(at_ns)

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == at_ns // 1_000_000


@given(moments, moments)
def test_ids_sort_by_their_time_to_a_quarter_of_a_microsecond(
    one: int, other: int
) -> None:
    earlier, later = sorted((one, other))

    if later - earlier >= 245:
        assert uuid7(earlier) < uuid7(later)
        assert str(uuid7(earlier)) < str(uuid7(later))


@given(moments)
def test_a_bound_is_below_every_id_of_its_moment_and_above_those_before(
    at_ns: int,
) -> None:
    assert first_uuid7(at_ns) <= uuid7(at_ns)
    if at_ns >= 245:
        assert uuid7(at_ns - 245) < first_uuid7(at_ns)


def test_ids_are_distinct_though_made_at_one_moment() -> None:
    now_ns = time.time_ns()

    assert len({uuid7(now_ns) for _ in range(1000)}) == 1000


def test_an_id_is_made_for_now_unless_told_otherwise() -> None:
    before = time.time_ns()
    made = uuid7()
    after = time.time_ns()

    assert isinstance(made, UUID)
    assert first_uuid7(before) <= made <= uuid7(after + 245)


@example(datetime(4148, 1, 1, microsecond=1000, tzinfo=UTC))
@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_has_a_bound_though_ids_begin_in_1970(at: datetime) -> None:
    bound = first_id(at)

    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert timedelta(0) <= max(at, epoch) - made_at(bound) < timedelta(milliseconds=2)
