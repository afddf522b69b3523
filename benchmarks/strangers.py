"""Who asks a registry for something: actors, addresses, programs, and nodes."""

import random
from ipaddress import IPv6Address
from itertools import accumulate
from typing import Final
from uuid import UUID

from notifier.events.event import RequestRecord, Source
from notifier.ids import uuid7

_TEAMS: Final = 200
_ACTORS: Final = 2000
_NOBODY_EACH: Final = 7
_ADDRESSES: Final = 4000
_PROGRAMS: Final = 150
_NODES: Final = 4
_RUN: Final = 20_000
_DRAWN_AT_ONCE: Final = 10_000


class Zipf:
    """Draws numbers from 0 on, the small ones most often."""

    def __init__(self, rng: random.Random, size: int, exponent: float = 1.0) -> None:
        self._rng = rng
        self._numbers = range(size)
        self._weights = list(accumulate((n + 1) ** -exponent for n in self._numbers))
        self._drawn: list[int] = []

    def draw(self) -> int:
        """Return a number."""
        if not self._drawn:
            self._drawn = self._rng.choices(
                self._numbers, cum_weights=self._weights, k=_DRAWN_AT_ONCE
            )
        return self._drawn.pop()


class Strangers:
    """Everybody who asks, and the nodes that are asked."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._actor = Zipf(rng, _ACTORS)
        self._address = Zipf(rng, _ADDRESSES, 0.8)
        self._program = Zipf(rng, _PROGRAMS)
        self._nodes: list[Source] = []
        self._asked = 0

    def request(self, method: str, at_ns: int) -> RequestRecord:
        """Make a request by somebody."""
        return RequestRecord(
            id=uuid7(at_ns),
            addr=_addresses[self._address.draw()],
            host="registry.example.com",
            method=method,
            useragent=_programs[self._program.draw()],
        )

    def puller(self) -> str | None:
        """Return who pulls; nobody in particular now and then."""
        number = self._actor.draw()
        return f"user-{number}" if number % _NOBODY_EACH else None

    def robot(self, repository: int) -> str:
        """Return who pushes to a repository."""
        return f"ci-team-{repository % _TEAMS}"

    def node(self) -> Source:
        """Return which node is asked. All are started again from time to time."""
        if self._asked % _RUN == 0:
            self._nodes = [
                Source(
                    addr=f"registry-{number}:5000",
                    instance_id=UUID(int=self._rng.getrandbits(128)),
                )
                for number in range(_NODES)
            ]
        self._asked += 1
        return self._nodes[self._asked % _NODES]


def _address(number: int) -> str:
    """Return an address, most of them without a port, as behind a proxy."""
    if number % 20 == 0:
        return str(IPv6Address((0x20010DB8 << 96) + number))
    address = f"10.{number % 8}.{number // 8 % 250}.{number % 250}"
    return f"{address}:{40_000 + number}" if number % 3 == 0 else address


def _program(number: int) -> str:
    kind = ("docker", "containerd", "skopeo", "crane", "Go-http-client")[number % 5]
    return f"{kind}/{number // 5 % 30}.{number % 4}.{number % 7} os/linux arch/amd64"


_addresses = [_address(number) for number in range(_ADDRESSES)]
_programs = [_program(number) for number in range(_PROGRAMS)]
