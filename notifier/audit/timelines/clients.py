"""Clients: the programs that pull, told apart by their names and not their versions.

Whoever pulls may call their program anything, so there are only so many names. Those of
programs that are known to pull have their places.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import sqlalchemy as sa

from notifier.audit.timelines.tables import ClientRow
from notifier.db import Interned, Transaction
from notifier.events.strangers import STAND_IN

OTHER: Final = "other"
UNNAMED: Final = "unnamed"

_MAX_OTHERS: Final = 100
_KNOWN: Final = frozenset(
    {
        *("docker", "Docker-Client", "containerd", "cri-o", "podman", "containers"),
        *("Buildah", "buildkit", "kaniko", "skopeo", "crane", "go-containerregistry"),
        *("oras", "oras-go", "oras-py", "regclient", "Helm", "cosign", "notation"),
        *("trivy", "syft", "grype", "harbor-registry-client", "Go-http-client"),
        *("python-requests", "python-dxf", "curl", "Wget", "Mozilla"),
        *(OTHER, UNNAMED),
    }
)
# RFC 9110, section 10.1.5: a product is a token, and then its version.
_PRODUCT: Final = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})(?=[/\s(;,]|$)")


@lru_cache(maxsize=16_384)
def client_of(useragent: str) -> str:
    """Return the name of the program that a request says it is of."""
    if not useragent.strip():
        return UNNAMED
    product = _PRODUCT.match(useragent)
    return product[1] if product and useragent != STAND_IN else OTHER


class Clients:
    """The clients that are told apart in one database."""

    def __init__(self) -> None:
        self._names = Interned(ClientRow.id, ClientRow.name)

    def number(
        self, transaction: Transaction, names: Iterable[str]
    ) -> Mapping[str, int]:
        """Return the numbers of *names*; those that are too many have that of others.

        One transaction at a time may do so.
        """
        wanted = set(names)
        new = self._names.unknown(transaction.connection, wanted)
        admitted = new & _KNOWN
        if strange := sorted(new - _KNOWN):
            there = transaction.execute(_COUNT).scalar_one()
            admitted.update(strange[: max(_MAX_OTHERS - there, 0)])
        kept = (wanted - new) | admitted | {OTHER}
        numbers = self._names.intern(transaction, kept)
        return {name: numbers[name if name in kept else OTHER] or 0 for name in wanted}


_COUNT = sa.select(sa.func.count()).where(ClientRow.name.not_in(sorted(_KNOWN)))
