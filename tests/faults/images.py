"""Images to push: small, each different from all others."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tests import factories

_REPOSITORIES = 10
_LAYER_BYTES = (16, 16 * 1024)


@dataclass(frozen=True)
class Image:
    """A manifest under a tag, its config and its layer."""

    repository: str
    tag: str
    config: bytes
    layer: bytes

    @property
    def blobs(self) -> tuple[bytes, bytes]:
        """Return what is pushed before the manifest."""
        return self.config, self.layer

    @cached_property
    def manifest(self) -> bytes:
        """Return the manifest."""
        return factories.manifest(self.config, (self.layer,))


def make_images(number: int, seed: int) -> Sequence[Image]:
    """Make images; the same *seed* makes the same ones."""
    source = random.Random(seed)
    return [
        Image(
            repository=f"faults/repository-{n % _REPOSITORIES}",
            tag=f"tag-{n}",
            config=f'{{"architecture": "amd64", "comment": "{seed}-{n}"}}'.encode(),
            layer=source.randbytes(source.randint(*_LAYER_BYTES)),
        )
        for n in range(number)
    ]
