"""Digests that are named by how they begin."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import sqlalchemy as sa

from notifier.events.tables import DigestRow
from notifier.registry.digest import ALGORITHMS, Digest

MIN_HEX: Final = 12

_FORM = re.compile(rf"(?:([a-z0-9]+):)?([0-9a-f]{{{MIN_HEX},128}})", re.ASCII)
# So many are named to whoever has to choose.
_MOST_NAMED: Final = 10


class DigestAmbiguous(Exception):
    """Several digests begin as somebody wrote; *found* has some of them."""

    def __init__(self, prefix: "DigestPrefix", found: Sequence[Digest]) -> None:
        names = ", ".join(found[:_MOST_NAMED])
        more = " and others" if len(found) > _MOST_NAMED else ""
        super().__init__(f"several digests begin with {prefix.hex}: {names}{more}")


@dataclass(frozen=True, slots=True)
class DigestPrefix:
    """The first hex digits of a digest; without an *algorithm*, of any."""

    algorithm: str | None
    hex: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``sha256:`` or nothing, and hex digits; raise `ValueError`."""
        match = _FORM.fullmatch(text)
        if match is None or match[1] not in {None, *ALGORITHMS}:
            raise ValueError("no digest begins so")
        return cls(match[1], match[2])

    def find(self, connection: sa.Connection) -> list[Digest]:
        """Return the digests of the log that begin so: some, if there are many."""
        ranges = [
            DigestRow.digest.between(*self._bounds(algorithm))
            for algorithm in ([self.algorithm] if self.algorithm else ALGORITHMS)
            if len(self.hex) <= _hex_length(algorithm)
        ]
        statement = sa.select(DigestRow.digest).where(sa.or_(sa.false(), *ranges))
        return list(connection.scalars(statement.limit(_MOST_NAMED + 1)))

    def _bounds(self, algorithm: str) -> tuple[Digest, Digest]:
        """Return the first and the last digest that begin so."""
        length = _hex_length(algorithm)
        first, last = (self.hex.ljust(length, digit) for digit in "0f")
        return Digest(f"{algorithm}:{first}"), Digest(f"{algorithm}:{last}")


def _hex_length(algorithm: str) -> int:
    return 2 * ALGORITHMS[algorithm][0]().digest_size
