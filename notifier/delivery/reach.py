"""Where deliveries may go: which ports, and which addresses.

A URL is checked when an endpoint gets it, for the sake of a clear answer; what counts
is the check of the address that a connection is made to, for a name may mean another
one by then.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit

from notifier.config import Network, Settings
from notifier.delivery.addresses import (
    Address,
    Zone,
    carried_by,
    parse_address,
    zone_of,
)
from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.fields import checked_url
from notifier.delivery.resolver import Resolver

# Programs that take orders in plain lines, which a POST can be made to hold, and others
# that nobody receives webhooks on.
_NOT_FOR_WEBHOOKS = {
    "shells": [22, 23, 512, 513, 514, 3389, 5900],
    "files": [20, 21, 139, 445, 873, 2049],
    "mail": [25, 110, 143, 465, 587, 993, 995],
    "names and directories": [53, 111, 135, 389, 636],
    "databases": [1433, 1521, 3306, 5432, 6379, 9042, 11211, 16379, 26379, 27017],
    "queues and talk": [119, 1883, 5672, 6667, 9092],
    "printers and screens": [515, 6000],
    "keepers of machines": [2181, 2375, 2376, 2379, 2380, 4369, 10250],
}
DENIED_PORTS: Final = frozenset(chain.from_iterable(_NOT_FOR_WEBHOOKS.values()))

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_REASONS = {
    Zone.FORBIDDEN: "its address is link-local, of a metadata service, multicast or "
    "reserved: nothing is ever sent there",
    Zone.LOOPBACK: "its address is loopback, and this server is reached by others: the "
    "operator may allow it by NOTIFIER_ALLOWED_NETWORKS",
    Zone.PRIVATE: "its address is not public: the operator may allow it by "
    "NOTIFIER_ALLOWED_NETWORKS",
}


class Place(NamedTuple):
    """A host, as URLs name it, and a port."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """Return where *url* leads to, the port filled in."""
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        return cls(host, parts.port or _DEFAULT_PORTS[parts.scheme])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the operator's settings let deliveries reach. Threads may share it.

    *is_local* tells that the server listens on loopback, for no proxy, by the settings
    of this process; *own* is where it listens. With a *proxy*, it is the proxy that
    connects, and the only one to learn the addresses of names.
    """

    networks: Sequence[Network]
    ports: Sequence[range] | None
    is_local: bool
    own: Container[Place]
    proxy: str | None
    resolver: Resolver

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read the settings."""
        is_local = settings.is_local()
        return cls(
            networks=settings.allowed_networks,
            ports=settings.allowed_ports,
            is_local=is_local,
            own=frozenset(_own_places(settings, is_local=is_local)),
            proxy=settings.egress_proxy,
            resolver=Resolver(),
        )

    def check(self, url: str) -> None:
        """Refuse a URL that nothing can be sent to; raise `EndpointInvalid`.

        A name that cannot be resolved within two seconds is let pass: it may come to
        be one. No connection of the database should be held meanwhile.
        """
        place = Place.of(checked_url(url))
        if not self._has_port(place.port):
            raise EndpointInvalid(
                "url", f"port {place.port} is not one that deliveries may go to"
            )
        if place in self.own:
            raise EndpointInvalid("url", "is the registry's own address")
        zones = [self._refused_zone(each, is_local=True) for each in self._ends(place)]
        refused = [zone for zone in zones if zone is not None]
        if refused and len(refused) == len(zones):
            raise EndpointInvalid("url", _REASONS[refused[0]])

    def may_connect(self, url: str, address: str, port: int, *, is_local: bool) -> bool:
        """Tell whether a POST to *url* may go to that numeric address.

        *is_local* tells what `Reach.is_local` was where the endpoint got its URL.
        Behind a proxy the address is the proxy's, and the URL is what is left to check.
        """
        end: Address | None
        if self.proxy is None:
            end = parse_address(address)
            if end is None:
                return False
        else:
            host, port = Place.of(url)
            end = parse_address(host)
        return self._has_port(port) and (
            end is None or self._refused_zone(end, is_local=is_local) is None
        )

    def _ends(self, place: Place) -> Sequence[Address]:
        literal = parse_address(place.host)
        if literal is not None:
            return [literal]
        return [] if self.proxy else self.resolver.resolve(place.host)

    def _has_port(self, port: int) -> bool:
        if self.ports is None:
            return port not in DENIED_PORTS
        return any(port in ports for ports in self.ports)

    def _refused_zone(self, address: Address, *, is_local: bool) -> Zone | None:
        """Return the zone for which *address* is refused, None if it is not.

        An address that carries others has to be allowed itself, and so have they.
        """
        for each in (address, *carried_by(address)):
            zone = zone_of(each)
            if not self._allows(each, zone, is_local=is_local):
                return zone
        return None

    def _allows(self, address: Address, zone: Zone, *, is_local: bool) -> bool:
        if zone in {Zone.PUBLIC, Zone.FORBIDDEN}:
            return zone is Zone.PUBLIC
        if zone is Zone.LOOPBACK and is_local and self.is_local:
            return True
        return any(address in network for network in self.networks)


def _own_places(settings: Settings, *, is_local: bool) -> Iterator[Place]:
    if settings.public_url is not None:
        yield Place.of(settings.public_url)
    yield Place(settings.host, settings.port)
    if is_local or settings.host in _EVERYWHERE:
        yield from (Place(name, settings.port) for name in _LOCAL_NAMES)


_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared only
