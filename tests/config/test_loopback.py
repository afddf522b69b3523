import pytest

from notifier.config import Settings
from notifier.config.loopback import is_loopback
from notifier.config.values import networks


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "127.1", "::1", "localhost"]
)
def test_only_this_machine_reaches_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.1", "fe80::1", "no-such.invalid", "a" * 300]
)
def test_others_may_reach_other_addresses(host: str) -> None:
    assert not is_loopback(host)


def test_a_proxy_in_front_lets_others_in() -> None:
    assert Settings().is_local()
    assert not Settings(trusted_proxies=networks("127.0.0.1")).is_local()
    assert not Settings(host="0.0.0.0").is_local()
