"""Digests: what content is called (OCI image specification, descriptor, Digests)."""

import hashlib
import re
from collections.abc import Callable
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from notifier.registry.errors import DigestInvalid

# One line makes an algorithm known: its name, its hash function, and the number that
# stands for it in the database.
ALGORITHMS: dict[str, tuple[Callable[[], "hashlib._Hash"], int]] = {
    "sha256": (hashlib.sha256, 1),
    "sha384": (hashlib.sha384, 2),
    "sha512": (hashlib.sha512, 3),
}
CANONICAL = "sha256"

_NAMES = {number: name for name, (_, number) in ALGORITHMS.items()}
_HEX_LENGTHS = {name: 2 * new().digest_size for name, (new, _) in ALGORITHMS.items()}
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)


class Digest(str):
    """A string of the form ``algorithm:hex`` that has been checked."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check what a client wrote; raise `DigestInvalid`."""
        algorithm, _, hex_ = text.partition(":")
        if len(hex_) != _HEX_LENGTHS.get(algorithm) or not _HEX.fullmatch(hex_):
            raise DigestInvalid({"digest": text[:256]})
        return cls(text)

    @classmethod
    def of(cls, content: bytes, algorithm: str = CANONICAL) -> Self:
        """Compute the digest of *content*."""
        hasher = Hasher(algorithm)
        hasher.update(content)
        return cls(hasher.digest())

    @classmethod
    def from_bytes(cls, packed: bytes) -> Self:
        """Read back what `packed` wrote."""
        return cls(f"{_NAMES[packed[0]]}:{packed[1:].hex()}")

    @property
    def algorithm(self) -> str:
        """The part before the colon."""
        return self.partition(":")[0]

    @property
    def hex(self) -> str:
        """The part after the colon."""
        return self.partition(":")[2]

    def packed(self) -> bytes:
        """Return the algorithm's number and the raw digest: 33 bytes for sha256."""
        algorithm, _, hex_ = self.partition(":")
        return bytes((ALGORITHMS[algorithm][1],)) + bytes.fromhex(hex_)


class Hasher:
    """A digest in the making."""

    def __init__(self, algorithm: str = CANONICAL) -> None:
        self.algorithm = algorithm
        self._hash = ALGORITHMS[algorithm][0]()
        self.update = self._hash.update

    def digest(self) -> Digest:
        """Return the digest of what has been fed so far."""
        return Digest(f"{self.algorithm}:{self._hash.hexdigest()}")


class DigestBytes(sa.types.TypeDecorator[Digest]):
    """A column of digests, in `Digest.packed` form."""

    impl = sa.LargeBinary(65)
    cache_ok = True

    def process_bind_param(self, value: Digest | None, _dialect: Dialect) -> Any:
        """Pack the digest."""
        return None if value is None else value.packed()

    def process_result_value(self, value: Any, _dialect: Dialect) -> Digest | None:
        """Unpack the digest."""
        return None if value is None else Digest.from_bytes(bytes(value))
