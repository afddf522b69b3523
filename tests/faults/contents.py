"""Whether the registry gives what was pushed, and no more of what was deleted."""

from collections.abc import Sequence

import requests

from tests.faults.images import Image

_ANSWER_S = 30


def compare_contents(url: str, images: Sequence[Image]) -> list[str]:
    """Fetch each image, by tag and by digest, and its blobs; say what is not right."""
    with requests.Session() as session:
        session.trust_env = False
        return [
            f"{path}: {answer.status_code}, {len(answer.content)} bytes"
            for image in images
            for path, content in image.places()
            if not _is_right(
                answer := session.get(url + path, timeout=_ANSWER_S), content
            )
        ]


def _is_right(answer: requests.Response, content: bytes | None) -> bool:
    if content is None:
        is_gone: bool = answer.status_code == requests.codes.not_found
        return is_gone
    is_there: bool = answer.status_code == requests.codes.ok
    return is_there and answer.content == content
