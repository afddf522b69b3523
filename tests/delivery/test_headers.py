"""Which headers an endpoint's owner may add."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.headers import MASK, checked_headers, unmasked


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer abc"},
        {"X-Api-Key": "a\tb"},
        {"Content-Type": "application/json"},
        {"a": "b", "c": "d" * 8192},
    ],
)
def test_ordinary_headers_are_taken(headers: dict[str, str]) -> None:
    assert checked_headers(headers) == headers


@pytest.mark.parametrize(
    "headers",
    [
        {"": "a"},
        {"a b": "c"},
        {"a:": "b"},
        {"ä": "b"},
        {"a\n": "b"},
        {"a": ""},
        {"a": " b"},
        {"a": "b\r\nc: d"},
        {"a": "b\0"},
        {"a": "ä"},
        {"a": "b" * 8193},
        {"A": "b", "a": "b"},
        {"Host": "a"},
        {"Content-Length": "1"},
        {"transfer-encoding": "chunked"},
        {"Connection": "close"},
        {"Webhook-Id": "a"},
        {"webhook-anything": "a"},
        {f"a{number}": "b" for number in range(21)},
    ],
)
def test_headers_that_could_harm_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(EndpointInvalid):
        checked_headers(headers)


@given(st.dictionaries(st.text(), st.text(), max_size=3))
def test_no_accepted_header_begins_a_second_line(headers: dict[str, str]) -> None:
    try:
        accepted = checked_headers(headers)
    except EndpointInvalid:
        return

    assert not any(
        c in name + value for name, value in accepted.items() for c in "\r\n"
    )


def test_an_error_does_not_repeat_the_value() -> None:
    with pytest.raises(EndpointInvalid) as refusal:
        checked_headers({"Authorization": "hunter2\n"})

    assert "hunter2" not in str(refusal.value)


def test_a_mask_that_comes_back_keeps_the_value() -> None:
    present = {"Authorization": "Bearer abc"}

    assert unmasked({"authorization": MASK, "a": "b"}, present) == {
        "authorization": "Bearer abc",
        "a": "b",
    }
