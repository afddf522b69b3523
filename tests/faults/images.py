"""Images to push: small, each different from all others."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from tests import factories

_REPOSITORIES = 10
_LAYER_BYTES = (16, 16 * 1024)


class Part(StrEnum):
    """What can be deleted of an image."""

    TAG = "tag"
    MANIFEST = "manifest"
    LAYER = "layer"


# Of ten images, these lose a part.
_DELETED = {2: Part.TAG, 5: Part.MANIFEST, 8: Part.LAYER}


@dataclass(frozen=True)
class Image:
    """A manifest under a tag, its config and its layer; and what is deleted of it."""

    repository: str
    tag: str
    config: bytes
    layer: bytes
    deleted: Part | None = None

    @property
    def blobs(self) -> tuple[bytes, bytes]:
        """Return what is pushed before the manifest."""
        return self.config, self.layer

    @cached_property
    def manifest(self) -> bytes:
        """Return the manifest."""
        return factories.manifest(self.config, (self.layer,))

    @property
    def digest(self) -> str:
        """Return the digest of the manifest."""
        return factories.digest(self.manifest)

    def places(self) -> Iterable[tuple[str, bytes | None]]:
        """List where its parts stand, with what stands there at the end, if anything.

        A manifest takes its tags with it, and leaves its blobs.
        """
        base = f"/v2/{self.repository}"
        lost = {self.deleted}
        if Part.MANIFEST in lost:
            lost.add(Part.TAG)
        for part, path, content in (
            (Part.TAG, f"{base}/manifests/{self.tag}", self.manifest),
            (Part.MANIFEST, f"{base}/manifests/{self.digest}", self.manifest),
            (Part.LAYER, _blob_path(base, self.layer), self.layer),
            (None, _blob_path(base, self.config), self.config),
        ):
            yield path, None if part and part in lost else content


def make_images(number: int, seed: int) -> Sequence[Image]:
    """Make images; the same *seed* makes the same ones."""
    source = random.Random(seed)
    return [
        Image(
            repository=f"faults/repository-{n % _REPOSITORIES}",
            tag=f"tag-{n}",
            config=f'{{"architecture": "amd64", "comment": "{seed}-{n}"}}'.encode(),
            layer=source.randbytes(source.randint(*_LAYER_BYTES)),
            deleted=_DELETED.get(n % 10),
        )
        for n in range(number)
    ]


def _blob_path(base: str, blob: bytes) -> str:
    return f"{base}/blobs/{factories.digest(blob)}"
