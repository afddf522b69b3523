"""Which addresses there are, by what a POST to them could reach.

An explicit table, because `ipaddress.is_global` takes several ways to an internal host
for global ones: NAT64, 6to4, IPv4-compatible addresses, cloud metadata.
"""

from collections.abc import Iterator
from enum import Enum, auto
from ipaddress import (
    IPv4Address,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from socket import inet_aton

Address = IPv4Address | IPv6Address


class Zone(Enum):
    """How an address may be reached.

    ``FORBIDDEN`` is what no receiver has: metadata services, link-local, multicast.
    """

    PUBLIC = auto()
    PRIVATE = auto()
    LOOPBACK = auto()
    FORBIDDEN = auto()


def parse_address(text: str) -> Address | None:
    """Return the address that a URL's host is, None for a name.

    Also read are the old ways to write one that resolvers still take: ``127.1``,
    ``0x7f000001``, ``2130706433``.
    """
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(inet_aton(text))
    except OSError:
        return None


def zone_of(address: Address) -> Zone:
    """Look *address* up in the table, whatever addresses it carries."""
    for network, zone in _TABLE:
        if address in network:
            return zone
    return Zone.PUBLIC


def carried_by(address: Address) -> Iterator[Address]:
    """Yield the IPv4 addresses that some gateway or socket would make of *address*."""
    if isinstance(address, IPv4Address):
        return
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if int(address) > 1 and any(address in network for network in _CARRYING):
        yield IPv4Address(int(address) & _LAST_32)


_FORBIDDEN = (
    "0.0.0.0/8",  # this host, RFC 1122
    "100.100.100.200/32",  # metadata of Alibaba Cloud
    "168.63.129.16/32",  # WireServer of Azure
    "169.254.0.0/16",  # link-local, RFC 3927, and the metadata of nearly all clouds
    "192.0.0.192/32",  # metadata of Oracle Cloud
    "224.0.0.0/4",  # multicast, RFC 5771
    "240.0.0.0/4",  # reserved, RFC 1112, and broadcast
    "::/128",  # unspecified
    "100::/64",  # discard-only, RFC 6666
    "fd00:42::42/128",  # metadata of Scaleway
    "fd00:ec2::254/128",  # metadata of AWS
    "fd20:ce::254/128",  # metadata of Google Cloud
    "fe80::/10",  # link-local, RFC 4291
    "ff00::/8",  # multicast, RFC 4291
)
_LOOPBACK = ("127.0.0.0/8", "::1/128")
_PRIVATE = (
    "10.0.0.0/8",  # RFC 1918
    "100.64.0.0/10",  # shared by the customers of a carrier, RFC 6598
    "172.16.0.0/12",  # RFC 1918
    "192.0.0.0/24",  # protocol assignments, RFC 6890
    "192.0.2.0/24",  # documentation, RFC 5737
    "192.88.99.0/24",  # 6to4 relays, RFC 7526
    "192.168.0.0/16",  # RFC 1918
    "198.18.0.0/15",  # benchmarks, RFC 2544
    "198.51.100.0/24",  # documentation, RFC 5737
    "203.0.113.0/24",  # documentation, RFC 5737
    "64:ff9b:1::/48",  # NAT64 of an operator's own, RFC 8215
    "2001::/23",  # protocol assignments, RFC 2928, Teredo among them
    "2001:db8::/32",  # documentation, RFC 3849
    "3fff::/20",  # documentation, RFC 9637
    "5f00::/16",  # segment routing, RFC 9602
    "fc00::/7",  # unique local, RFC 4193
    "fec0::/10",  # site-local, RFC 3879
)
# The first that matches counts.
_TABLE = tuple(
    (ip_network(network), zone)
    for networks, zone in (
        (_FORBIDDEN, Zone.FORBIDDEN),
        (_LOOPBACK, Zone.LOOPBACK),
        (_PRIVATE, Zone.PRIVATE),
    )
    for network in networks
)
# IPv6 networks whose last 32 bits are an IPv4 address.
_CARRYING = (
    IPv6Network("::/96"),  # IPv4-compatible, RFC 4291
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped, RFC 4291
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated, RFC 2765
    IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052
    IPv6Network("64:ff9b:1::/48"),  # NAT64 of an operator's own, in its usual form
)
_LAST_32 = 0xFFFFFFFF
