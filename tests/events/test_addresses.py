"""Addresses of clients are few bytes, sort, and come back as they were."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.events.addresses import network_bounds, pack_address, unpack_address

_ADDRESSES = st.ip_addresses()
_PORTS = st.none() | st.integers(0, 65_535)


def _written(address: IPv4Address | IPv6Address, port: int | None) -> str:
    if port is None:
        return str(address)
    host = f"[{address}]" if address.version == 6 else str(address)
    return f"{host}:{port}"


@given(_ADDRESSES, _PORTS)
def test_an_address_comes_back_as_it_was(
    address: IPv4Address | IPv6Address, port: int | None
) -> None:
    text = _written(address, port)

    assert unpack_address(*pack_address(text)) == text


@given(st.ip_addresses(v=4), _PORTS)
def test_an_address_takes_a_byte_more_than_it_has(
    address: IPv4Address, port: int | None
) -> None:
    assert pack_address(_written(address, port)) == (b"\x04" + address.packed, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unix:",
        "proxy.internal:443",
        "010.0.0.1",
        "10.0.0.1:080",
        "10.0.0.1:65536",
        "10.0.0.1:-1",
        "10.0.0.1:\N{ARABIC-INDIC DIGIT ONE}",
        "[::1]",
        "::1%lo",
        "FE80::1",
        "ü",
    ],
)
def test_any_other_text_comes_back_too(text: str) -> None:
    packed, port = pack_address(text)

    assert unpack_address(packed, port) == text
    assert packed.startswith(b"\x00")


@given(st.text(alphabet="0123456789.:[]abcdef%", max_size=30))
def test_nothing_is_written_in_another_way(text: str) -> None:
    assert unpack_address(*pack_address(text)) == text


@given(st.ip_addresses(), st.ip_addresses(), st.integers(0, 128))
@example(IPv6Address("::ffff:0:0"), IPv6Address("::1"), 0)
def test_a_network_is_a_range(
    address: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address, prefix: int
) -> None:
    network = ip_network(
        f"{address}/{min(prefix, address.max_prefixlen)}", strict=False
    )
    first, last = network_bounds(network)

    for each in (address, other):
        packed, _ = pack_address(_as_the_system_writes(each))
        assert (first <= packed <= last) == (each in network)


def test_no_other_text_is_in_the_whole_of_a_network() -> None:
    packed, _ = pack_address("proxy.internal:443")

    for everything in ("0.0.0.0/0", "::/0"):
        first, last = network_bounds(ip_network(everything))
        assert not first <= packed <= last


def _as_the_system_writes(address: IPv4Address | IPv6Address) -> str:
    """Write the address as servers see it; Python writes some IPv6 ones otherwise."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    return socket.inet_ntop(family, address.packed)
