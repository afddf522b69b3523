"""The table of addresses, and those that hide others."""

from ipaddress import IPv6Address, ip_address

import hypothesis
import pytest
from hypothesis import strategies as st

from notifier.delivery.addresses import Zone, carried_by, parse_address, zone_of


@pytest.mark.parametrize(
    ("zone", "texts"),
    [
        (
            Zone.PUBLIC,
            "1.1.1.1 8.8.8.8 172.15.0.1 172.32.0.1 192.0.1.1 223.255.255.255",
        ),
        (Zone.PUBLIC, "100.63.255.255 100.128.0.1 198.17.0.1 198.20.0.1 11.0.0.1"),
        (Zone.PUBLIC, "2606:4700:4700::1111 2a00::1 2001:200::1"),
        (Zone.LOOPBACK, "127.0.0.1 127.255.255.254 ::1"),
        (Zone.PRIVATE, "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1"),
        (Zone.PRIVATE, "192.0.0.9 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1"),
        (Zone.PRIVATE, "203.0.113.1 64:ff9b:1::1 2001::1 2001:db8::1 3fff::1 5f00::1"),
        (Zone.PRIVATE, "fc00::1 fd12:3456::1 fec0::1"),
        (Zone.FORBIDDEN, "169.254.169.254 169.254.0.1 168.63.129.16 100.100.100.200"),
        (Zone.FORBIDDEN, "192.0.0.192 0.0.0.0 0.1.2.3 224.0.0.1 239.255.255.255"),
        (Zone.FORBIDDEN, "240.0.0.1 255.255.255.255 :: 100::1 fe80::1 ff02::1"),
        (Zone.FORBIDDEN, "fd00:ec2::254 fd20:ce::254 fd00:42::42"),
    ],
)
def test_every_address_has_its_zone(zone: Zone, texts: str) -> None:
    zones = {text: zone_of(ip_address(text)) for text in texts.split()}

    assert zones == dict.fromkeys(zones, zone)


@pytest.mark.parametrize(
    "text",
    [
        "::ffff:169.254.169.254",  # mapped
        "::169.254.169.254",  # compatible
        "::ffff:0:169.254.169.254",  # translated
        "64:ff9b::a9fe:a9fe",  # NAT64
        "64:ff9b:1::a9fe:a9fe",  # NAT64 of an operator's own
        "2002:a9fe:a9fe::1",  # 6to4
        "2001:0:a9fe:a9fe::",  # the server of Teredo
        "2001:0:102:304::5601:5601",  # the client of Teredo, each bit turned
    ],
)
def test_an_address_within_an_address_is_found(text: str) -> None:
    assert ip_address("169.254.169.254") in list(carried_by(ip_address(text)))


@pytest.mark.parametrize("text", ["1.1.1.1", "::1", "::", "2a00::1", "fe80::1"])
def test_most_addresses_carry_no_other(text: str) -> None:
    assert list(carried_by(ip_address(text))) == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::1", "::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
    ],
)
def test_addresses_are_read_as_resolvers_read_them(text: str, address: str) -> None:
    assert parse_address(text) == ip_address(address)


@pytest.mark.parametrize(
    "text", ["", "localhost", "ci.example", "1.2.3.4.5", "256.1.1.1"]
)
def test_a_name_is_no_address(text: str) -> None:
    assert parse_address(text) is None


@hypothesis.given(st.ip_addresses(v=4))
def test_all_ways_to_carry_an_address_lead_to_it(inner: object) -> None:
    number = int(inner)  # type: ignore[call-overload]  # hypothesis names no class
    for base, shift in [
        (0xFFFF << 32, 0),
        (0xFFFF << 48, 0),
        (0x64FF9B << 96, 0),
        (0x2002 << 112, 80),
    ]:
        outer = IPv6Address(base | number << shift)

        assert inner in list(carried_by(outer))
