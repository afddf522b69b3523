"""Whether the registry gives what was pushed."""

from collections.abc import Iterable, Sequence

import requests

from tests import factories
from tests.faults.images import Image

_ANSWER_S = 30


def compare_contents(url: str, images: Sequence[Image]) -> list[str]:
    """Fetch each image, by tag and by digest, and its blobs; say what is not there."""
    with requests.Session() as session:
        session.trust_env = False
        return [
            f"{path}: {answer.status_code}, {len(answer.content)} bytes"
            for image in images
            for path, content in _paths(image)
            if (answer := session.get(url + path, timeout=_ANSWER_S)).content != content
        ]


def _paths(image: Image) -> Iterable[tuple[str, bytes]]:
    base = f"/v2/{image.repository}"
    manifests = f"{base}/manifests"
    yield f"{manifests}/{image.tag}", image.manifest
    yield f"{manifests}/{factories.digest(image.manifest)}", image.manifest
    for blob in image.blobs:
        yield f"{base}/blobs/{factories.digest(blob)}", blob
