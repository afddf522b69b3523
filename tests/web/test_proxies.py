from ipaddress import ip_network

import pytest
from werkzeug.datastructures import Headers

from notifier.web.proxies import client_addr, is_trusted, registry_url

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
PROXY = "10.0.0.1:41000"
STRANGER = "192.0.2.1:41000"


def base(
    headers: dict[str, str] | None = None,
    *,
    peer: str = PROXY,
    host: str = "example.com",
    prefix: str = "",
) -> str:
    return registry_url(
        scheme="http",
        host=host,
        peer=peer,
        headers=Headers(headers or {}),
        prefix=prefix,
        proxies=PROXIES,
    )


FORWARDED = {
    "nothing": ({}, "http://example.com"),
    "protocol": ({"X-Forwarded-Proto": "https"}, "https://example.com"),
    "protocol in capitals": ({"X-Forwarded-Proto": "HTTPS"}, "https://example.com"),
    "protocols of two proxies": (
        {"X-Forwarded-Proto": "https, http"},
        "https://example.com",
    ),
    "the same protocol": ({"X-Forwarded-Proto": "http"}, "http://example.com"),
    "an unknown protocol": ({"X-Forwarded-Proto": "ftp"}, "http://example.com"),
    "no protocol": ({"X-Forwarded-Proto": ""}, "http://example.com"),
    "host": (
        {"X-Forwarded-Host": "first.example.com"},
        "http://first.example.com",
    ),
    "hosts of two proxies": (
        {"X-Forwarded-Host": "first.example.com, proxy1.example.com"},
        "http://first.example.com",
    ),
    "host and port": (
        {"X-Forwarded-Host": "first.example.com:443"},
        "http://first.example.com:443",
    ),
    "a port alone, which does not count": (
        {"X-Forwarded-Port": "5000"},
        "http://example.com",
    ),
    "host, protocol, and a port that does not count": (
        {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": " first.example.com ",
            "X-Forwarded-Port": " 12345 \t",
        },
        "https://first.example.com",
    ),
    "host with a port, and another port": (
        {"X-Forwarded-Host": "first.example.com:5000", "X-Forwarded-Port": "80"},
        "http://first.example.com:5000",
    ),
    "host of the newer address kind": (
        {"X-Forwarded-Host": "[2607:f0d0:1002:51::4]:4000"},
        "http://[2607:f0d0:1002:51::4]:4000",
    ),
    "standard: host and protocol": (
        {"Forwarded": "host=reg.example.com;proto=https"},
        "https://reg.example.com",
    ),
    "standard: quoted, in capitals, with spaces": (
        {"Forwarded": 'For="[::1]:80"; Host="reg.example.com:88"; Proto=HTTPS'},
        "https://reg.example.com:88",
    ),
    "standard: protocol alone": (
        {"Forwarded": "proto=https"},
        "https://example.com",
    ),
    "standard: the client, which is no host": (
        {"Forwarded": 'proto=https;for="192.168.22.30:80"'},
        "https://example.com",
    ),
    "standard: the first element only": (
        {
            "Forwarded": 'host="reg.example.com:88";proto=http, '
            "host=other.example.com;proto=https"
        },
        "http://reg.example.com:88",
    ),
    "standard: both kinds, of which the other is ignored": (
        {
            "Forwarded": "host=second.example.com",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "first.example.com",
        },
        "http://second.example.com",
    ),
    "standard: empty, and yet the other is ignored": (
        {"Forwarded": "", "X-Forwarded-Host": "first.example.com"},
        "http://example.com",
    ),
    "standard: nonsense": (
        {"Forwarded": "=;==;host;proto=;,host=x"},
        "http://example.com",
    ),
    "standard: an open quote": (
        {"Forwarded": 'host="reg.example.com'},
        "http://example.com",
    ),
    "a host with a path": ({"X-Forwarded-Host": "evil/x"}, "http://example.com"),
    "a host with a name": ({"X-Forwarded-Host": "me@evil"}, "http://example.com"),
    "a host with a line": ({"X-Forwarded-Host": "e\x00vil"}, "http://example.com"),
    "a host that is too long": (
        {"X-Forwarded-Host": "a" * 256},
        "http://example.com",
    ),
}


@pytest.mark.parametrize("name", FORWARDED)
def test_a_trusted_proxy_says_where_the_registry_is(name: str) -> None:
    headers, expected = FORWARDED[name]

    assert base(headers) == expected


@pytest.mark.parametrize("name", FORWARDED)
def test_a_stranger_does_not(name: str) -> None:
    headers, _ = FORWARDED[name]

    assert base(headers, peer=STRANGER) == "http://example.com"


def test_a_prefix_is_kept() -> None:
    headers = {"X-Forwarded-Proto": "https"}

    assert base(headers, prefix="/registry") == "https://example.com/registry"


def test_without_any_host_addresses_are_relative() -> None:
    assert base(host="") == ""
    assert base(host="", prefix="/registry") == "/registry"


@pytest.mark.parametrize(
    ("addr", "expected"),
    [
        ("10.1.2.3", True),
        ("10.1.2.3:80", True),
        ("fd00::1", True),
        ("[fd00::1]:80", True),
        ("11.0.0.1", False),
        ("fe80::1", False),
        ("", False),
        ("unix", False),
        ("10.0.0.1.evil", False),
    ],
)
def test_a_proxy_is_trusted_by_its_network(addr: str, *, expected: bool) -> None:
    assert is_trusted(addr, PROXIES) is expected
    assert not is_trusted(addr, ())


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, PROXY),
        ({"X-Forwarded-For": "203.0.113.7"}, "203.0.113.7"),
        ({"X-Forwarded-For": " 203.0.113.7 , 10.0.0.2"}, "203.0.113.7"),
        ({"X-Forwarded-For": "6.6.6.6, 203.0.113.7"}, "203.0.113.7"),
        ({"X-Forwarded-For": "6.6.6.6, 203.0.113.7, 10.0.0.2"}, "203.0.113.7"),
        ({"X-Forwarded-For": "2001:db8::1"}, "2001:db8::1"),
        ({"X-Forwarded-For": "::ffff:203.0.113.7"}, "203.0.113.7"),
        ({"X-Forwarded-For": "203.0.113.7, ::FFFF:a00:2"}, "203.0.113.7"),
        ({"X-Forwarded-For": "10.9.9.9, 10.0.0.2"}, "10.9.9.9"),
        ({"X-Forwarded-For": "nonsense, 10.0.0.2"}, "10.0.0.2"),
        ({"X-Forwarded-For": "nonsense"}, PROXY),
        ({"X-Forwarded-For": "203.0.113.7:80"}, PROXY),
        ({"X-Forwarded-For": "fe80::1%" + "x" * 500}, PROXY),
        ({"X-Forwarded-For": ",,,"}, PROXY),
        ({"X-Real-Ip": "203.0.113.7"}, "203.0.113.7"),
        ({"X-Real-Ip": "::ffff:203.0.113.7"}, "203.0.113.7"),
        ({"X-Real-Ip": "nonsense"}, PROXY),
        (
            {"X-Real-Ip": "203.0.113.8", "X-Forwarded-For": "203.0.113.7"},
            "203.0.113.7",
        ),
        ({"X-Real-Ip": "203.0.113.8", "X-Forwarded-For": "?"}, "203.0.113.8"),
    ],
)
def test_the_client_is_whom_the_last_trusted_proxy_saw(
    headers: dict[str, str], expected: str
) -> None:
    assert client_addr(PROXY, Headers(headers), PROXIES) == expected
    assert client_addr(STRANGER, Headers(headers), PROXIES) == STRANGER
    assert client_addr(PROXY, Headers(headers), ()) == PROXY
