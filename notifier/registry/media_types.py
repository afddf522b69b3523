"""Media types that mean something to a registry."""

import re
from typing import Final

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_ARTIFACT: Final = "application/vnd.oci.artifact.manifest.v1+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
BLOB: Final = "application/octet-stream"

MANIFESTS: Final = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
INDEXES: Final = frozenset({OCI_INDEX, DOCKER_LIST})

# Layers that registries may not hold: clients fetch them from elsewhere.
NON_DISTRIBUTABLE: Final = frozenset(
    {
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    }
)

# What browsers and curl send of themselves. A form's bytes are not taken for content.
FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})

# RFC 6838, section 4.2: restricted names, a slash between them.
MAX_LENGTH: Final = 127 + 1 + 127
_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_MEDIA_TYPE = re.compile(rf"{_NAME}/{_NAME}", re.ASCII)


def is_media_type(text: str) -> bool:
    """Tell whether *text* is a type and a subtype, without parameters."""
    return _MEDIA_TYPE.fullmatch(text) is not None
