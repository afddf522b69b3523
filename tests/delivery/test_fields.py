"""What an endpoint's name, URL and time limit may be."""

import math

import pytest

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.fields import checked_name, checked_timeout, checked_url


@pytest.mark.parametrize(
    "url",
    [
        "http://ci.example/hook",
        "https://[::1]:8443/?token=a",
        "http://127.0.0.1",
        "https://a/" + "b" * 2038,
    ],
)
def test_a_web_address_is_taken(url: str) -> None:
    assert checked_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ci.example",
        "ftp://ci.example/",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://user:pass@ci.example/",
        "http://@ci.example/",
        "http://ci.example:0/",
        "http://ci.example:99999/",
        "http://[::1/",
        "http://ci.example/ x",
        "http://ci.example/\r\nHost: b",
        "http://exämple/",
        "https://a/" + "b" * 2039,
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(EndpointInvalid):
        checked_url(url)


def test_an_error_does_not_repeat_the_url() -> None:
    with pytest.raises(EndpointInvalid) as refusal:
        checked_url("http://user:hunter2@ci.example/")

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("name", ["ci", "Ünit tests", "x" * 100])
def test_a_visible_name_is_taken(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize("name", ["", " ci", "ci ", "a\nb", "x" * 101])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(EndpointInvalid):
        checked_name(name)


@pytest.mark.parametrize("timeout_s", [0.1, 5, 60])
def test_a_time_limit_within_bounds_is_taken(timeout_s: float) -> None:
    assert checked_timeout(timeout_s) == timeout_s


@pytest.mark.parametrize("timeout_s", [0, 0.09, 60.1, -1, math.nan, math.inf])
def test_a_time_limit_out_of_bounds_is_refused(timeout_s: float) -> None:
    with pytest.raises(EndpointInvalid):
        checked_timeout(timeout_s)
