"""Who is asking, and by which address, when there are proxies in between.

Forwarded headers count only if the peer is a trusted proxy. Then, as distribution has
it: the first element of ``Forwarded`` (RFC 7239), else ``X-Forwarded-Proto`` and the
first of ``X-Forwarded-Host``. The client is the last address of ``X-Forwarded-For``
that is no trusted proxy itself, for the ones before it anybody may have written; if all
are trusted, it is the first.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address

from werkzeug.datastructures import Headers

from notifier.config import Network

_PAIR = re.compile(r'(\w+)=(?:"([^"]*)"|([^;,\s]*))', re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}", re.ASCII)
_SCHEMES = {"http", "https"}


def is_trusted(addr: str, proxies: Sequence[Network]) -> bool:
    """Tell whether *addr*, with or without a port, is one of *proxies*."""
    if not proxies:
        return False
    try:
        address = ip_address(without_port(addr))
    except ValueError:
        return False
    return any(address in network for network in proxies)


def client_addr(peer: str, headers: Headers, proxies: Sequence[Network]) -> str:
    """Return the address of the client behind trusted proxies, else *peer*."""
    if not is_trusted(peer, proxies):
        return peer
    client = ""
    for hop in reversed(headers.get("X-Forwarded-For", "").split(",")):
        named = plain_address(hop.strip())
        if not named:
            break
        client = named
        if not is_trusted(client, proxies):
            break
    return client or plain_address(headers.get("X-Real-Ip", "").strip()) or peer


def registry_url(
    *,
    scheme: str,
    host: str,
    peer: str,
    headers: Headers,
    prefix: str,
    proxies: Sequence[Network],
) -> str:
    """Return scheme, host and prefix of the registry, as the client knows them."""
    if is_trusted(peer, proxies):
        forwarded = _forwarded(headers)
        if (proto := forwarded.get("proto", "").lower()) in _SCHEMES:
            scheme = proto
        if _HOST.fullmatch(forwarded_host := forwarded.get("host", "")):
            host = forwarded_host
    # A client that names no host, or an impossible one, gets addresses without.
    return f"{scheme}://{host}{prefix}" if host else prefix


def plain_address(text: str) -> str:
    """Return an address; one of IPv4 that is written as IPv6 as itself; else nothing.

    A socket that takes both kinds shows those of the older one so. No network of theirs
    would have them, and one of IPv6 all of them.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.scope_id:
            # What stands for the zone is free text.
            return ""
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
    return text


def without_port(addr: str) -> str:
    """Return the address alone."""
    if addr.startswith("["):
        return addr[1:].partition("]")[0]
    return addr.partition(":")[0] if addr.count(":") == 1 else addr


def _forwarded(headers: Headers) -> dict[str, str]:
    if "Forwarded" in headers:
        first = headers["Forwarded"].split(",")[0]
        return {
            name.lower(): quoted or plain
            for name, quoted, plain in _PAIR.findall(first)
        }
    return {
        "proto": headers.get("X-Forwarded-Proto", "").split(",")[0].strip(),
        "host": headers.get("X-Forwarded-Host", "").split(",")[0].strip(),
    }
