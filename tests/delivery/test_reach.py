"""Where deliveries may go, by the settings."""

import socket
from typing import Any

import pytest

from notifier.config import Settings
from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.reach import DENIED_PORTS, Reach

_PUBLIC = "93.184.216.34"
_METADATA = "169.254.169.254"


def _reach(**environment: str) -> Reach:
    return Reach.of(
        Settings.from_environment(
            {f"NOTIFIER_{name.upper()}": text for name, text in environment.items()}
        )
    )


def _may(reach: Reach, address: str, port: int = 443, *, is_local: bool = True) -> bool:
    return reach.may_connect(
        f"https://ci.example:{port}/", address, port, is_local=is_local
    )


def _refusal(reach: Reach, url: str) -> str:
    with pytest.raises(EndpointInvalid) as refusal:
        reach.check(url)
    assert refusal.value.field == "url"
    return refusal.value.reason


@pytest.fixture(name="names")
def _names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Give a table of names that the system resolves by."""
    table: dict[str, list[str]] = {}

    def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
        if host not in table:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return [(0, 0, 0, "", (address, 0)) for address in table[host]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return table


@pytest.mark.parametrize(
    "address",
    [_PUBLIC, "2606:4700:4700::1111", f"::ffff:{_PUBLIC}", "2002:5db8:d822::1"],
)
def test_public_addresses_are_reached(address: str) -> None:
    assert _may(_reach(), address)


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "192.168.0.1",
        "100.64.0.1",
        "fd00::1",
        "::ffff:10.1.2.3",
        "64:ff9b::a01:203",
        "2002:a01:203::1",
        "not an address",
    ],
)
def test_other_addresses_are_not(address: str) -> None:
    assert not _may(_reach(), address)


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd00::1"]
)
def test_networks_that_the_operator_allows_are_reached(address: str) -> None:
    reach = _reach(allowed_networks="10.1.0.0/16, fd00::/8")

    assert _may(reach, address)
    assert not _may(reach, "10.2.0.1")


@pytest.mark.parametrize(
    "address",
    [
        _METADATA,
        f"::ffff:{_METADATA}",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "168.63.129.16",
        "fd00:ec2::254",
        "fe80::1",
        "224.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "::",
        "2001:0:a9fe:a9fe::",
    ],
)
def test_what_is_never_reached_cannot_be_allowed(address: str) -> None:
    assert not _may(_reach(allowed_networks="0.0.0.0/0,::/0"), address)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.53"])
def test_a_server_on_loopback_reaches_loopback(host: str) -> None:
    assert _may(_reach(host=host), "127.0.0.1")
    assert _may(_reach(host=host), "::1")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "no-such-host.invalid"])
def test_another_server_does_not(host: str) -> None:
    assert not _may(_reach(host=host), "127.0.0.1")
    assert not _may(_reach(host=host), "::ffff:127.0.0.1")
    assert _may(_reach(host=host, allowed_networks="127.0.0.0/8"), "127.0.0.1")


def test_a_server_behind_a_proxy_does_not_reach_loopback_either() -> None:
    assert not _may(_reach(trusted_proxies="127.0.0.1"), "127.0.0.1")


def test_an_endpoint_of_another_server_does_not_reach_loopback_from_here() -> None:
    # The worker's NOTIFIER_HOST may be the default though the web server's is not.
    assert not _may(_reach(), "127.0.0.1", is_local=False)


@pytest.mark.parametrize("port", [80, 443, 5000, 8080, 65535])
def test_most_ports_are_reached(port: int) -> None:
    assert _may(_reach(), _PUBLIC, port)


@pytest.mark.parametrize("port", sorted(DENIED_PORTS))
def test_ports_of_other_protocols_are_not(port: int) -> None:
    assert not _may(_reach(allowed_networks="10.0.0.0/8"), "10.0.0.1", port)
    assert f"port {port} " in _refusal(_reach(), f"http://{_PUBLIC}:{port}/")


def test_listed_ports_are_the_only_ones() -> None:
    reach = _reach(allowed_ports="443, 8000-8999,6379")

    assert [
        port
        for port in (80, 443, 6379, 7999, 8000, 8999, 9000)
        if _may(reach, _PUBLIC, port)
    ] == [443, 6379, 8000, 8999]
    assert "port 80 " in _refusal(reach, f"http://{_PUBLIC}/")


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "http://[fd00::1]/",
        "https://0x0a000001/",
        "http://10.1:8080/",
        f"http://{_METADATA}/latest/meta-data/",
        "http://[::ffff:a9fe:a9fe]/",
    ],
)
def test_a_forbidden_literal_is_refused_at_once(url: str) -> None:
    assert "its address is " in _refusal(_reach(), url)


def test_a_refusal_says_what_would_help() -> None:
    assert "NOTIFIER_ALLOWED_NETWORKS" in _refusal(_reach(), "http://10.0.0.1/")
    local = _refusal(_reach(host="0.0.0.0"), "http://127.0.0.1:9000/")
    assert "is reached by others" in local
    assert "nothing is ever sent" in _refusal(_reach(), f"http://{_METADATA}/")


def test_a_name_with_forbidden_addresses_only_is_refused(
    names: dict[str, list[str]],
) -> None:
    names["inside.example"] = ["10.0.0.1", "fd00::1"]
    names["both.example"] = ["10.0.0.1", _PUBLIC]
    reach = _reach()

    reason = _refusal(reach, "https://inside.example/hook")

    # Whoever may create endpoints is not to learn the addresses of inner names.
    assert "10.0.0.1" not in reason
    reach.check("https://both.example/hook")


def test_a_name_that_nobody_knows_yet_is_taken(names: dict[str, list[str]]) -> None:
    assert names == {}

    _reach().check("https://to-be.example/hook")


@pytest.mark.parametrize(
    "url",
    [
        "https://registry.example.com/hook",
        "https://REGISTRY.example.com.:443/v2/",
        "http://127.0.0.1:5000/",
        "http://localhost:5000/x",
        "http://[::1]:5000/",
    ],
)
def test_the_registry_does_not_tell_itself(url: str) -> None:
    reach = _reach(public_url="https://registry.example.com")

    assert _refusal(reach, url) == "is the registry's own address"


def test_other_ports_of_the_registrys_host_are_others() -> None:
    _reach(public_url="https://127.0.0.1:5443").check("http://127.0.0.1:9000/")


def test_behind_a_proxy_names_are_the_proxys_matter(
    names: dict[str, list[str]],
) -> None:
    names["inside.example"] = ["10.0.0.1"]
    reach = _reach(egress_proxy="http://10.0.0.9:4750")

    reach.check("https://inside.example/")

    assert reach.may_connect(
        "https://inside.example/", "10.0.0.9", 4750, is_local=False
    )


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", f"https://{_METADATA}/", "http://ci.example:6379/"]
)
def test_behind_a_proxy_literals_and_ports_are_checked_here(url: str) -> None:
    reach = _reach(egress_proxy="http://10.0.0.9:4750")

    assert _refusal(reach, url)
    assert not reach.may_connect(url, "10.0.0.9", 4750, is_local=True)
