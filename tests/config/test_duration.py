import math

import hypothesis
import pytest
from hypothesis import strategies as st

from notifier.config.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("500ms", 0.5),
        ("1m30s", 90),
        ("1h1m1s", 3661),
        ("1.5s", 1.5),
        (".5m", 30),
        ("2.h", 7200),
        ("250000us", 0.25),
        ("250000µs", 0.25),
        ("250000μs", 0.25),
        ("1000000000ns", 1),
        ("+3s", 3),
        ("-3s", -3),
        ("0", 0),
        ("0s", 0),
    ],
)
def test_durations_are_read_as_go_reads_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("number", ["500", "1.5", "-3", "00"])
def test_a_number_without_a_unit_is_refused_with_both_that_may_be_meant(
    number: str,
) -> None:
    with pytest.raises(ValueError, match=f"^has no unit: say {number}ms or {number}s$"):
        parse_duration(number)


@pytest.mark.parametrize(
    "text", ["", "s", "1 s", "1S", "1d", "1s2", "1m-3s", "1:30", "٣s", "1s" * 33]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is no duration: say 500ms, 1s or 1m30s$"):
        parse_duration(text)


@hypothesis.given(
    st.integers(0, 1000), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999)
)
def test_parts_add_up(hours: int, minutes: int, seconds: int, milli: int) -> None:
    found = parse_duration(f"{hours}h{minutes}m{seconds}s{milli}ms")

    assert math.isclose(found, hours * 3600 + minutes * 60 + seconds + milli / 1000)


@hypothesis.given(st.text("0123456789.smh+-uµ", max_size=70))
def test_any_text_is_a_number_of_seconds_or_refused(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except ValueError:
        return
    assert isinstance(seconds, float)
