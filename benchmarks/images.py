"""Tiny images, each different."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

REPOSITORIES: Final = 10

MANIFEST_TYPE: Final = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE: Final = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
_LAYER_BYTES: Final = 512


@dataclass(frozen=True, slots=True)
class Shape:
    """Of how many layers images are, and over how many repositories they spread."""

    layers: int = 1
    repositories: int = REPOSITORIES


ONE_LAYER: Final = Shape()


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest under a tag, its config and its layers."""

    repository: str
    tag: str
    manifest: bytes
    config: bytes
    layers: Sequence[bytes]

    @property
    def blobs(self) -> Sequence[bytes]:
        """Return the config and the layers."""
        return [self.config, *self.layers]


def build_image(
    series: str, number: int, shape: Shape, repository: str | None = None
) -> Image:
    """Make the image *number* of a *series*: no two share a blob."""
    tag = f"{series}-{number}"
    config = json.dumps({"architecture": "amd64", "os": "linux", "comment": tag})
    layers = [
        f"{tag}/{layer}".encode().ljust(_LAYER_BYTES, b".")
        for layer in range(shape.layers)
    ]
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": _descriptor(_CONFIG_TYPE, config.encode()),
        "layers": [_descriptor(_LAYER_TYPE, layer) for layer in layers],
    }
    return Image(
        repository=repository or f"bench/repository-{number % shape.repositories}",
        tag=tag,
        manifest=json.dumps(manifest).encode(),
        config=config.encode(),
        layers=layers,
    )


def digest_of(content: bytes) -> str:
    """Return what names the content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _descriptor(media_type: str, content: bytes) -> dict[str, str | int]:
    return {
        "mediaType": media_type,
        "digest": digest_of(content),
        "size": len(content),
    }
