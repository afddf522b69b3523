"""Networks: what stands for all addresses that one client can have."""

from ipaddress import IPv6Address, IPv6Network, ip_address

# A provider gives so much to each of its customers.
_IPV6_PREFIX = 64


def network_of(address: str) -> str:
    """Return *address* itself, or the network of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, _IPV6_PREFIX), strict=False))
    return address
