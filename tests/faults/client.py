"""A client of the registry that goes on until it is answered."""

import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import requests

from tests import factories
from tests.faults.images import Image, Part
from tests.faults.ledger import Change, Ledger

_ANSWER_S = 30.0
_PATIENCE_S = 60.0
_PAUSE_S = 0.1
_BROKEN = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)
# What a fault may be answered with, and how it is called.
_REFUSALS = {503: "UNAVAILABLE", 507: "UNKNOWN"}


# What tells of another registry.
SOURCE = "elsewhere"


class GaveUp(Exception):
    """The server did not answer, or not as it should."""


class _Unavailable(Exception):
    """The server has answered that it cannot do it now."""


class Client:
    """One client, with a connection of its own to each of several hosts.

    It stays with one as long as it is answered. By the *token* of the source `SOURCE`
    it tells of another registry.
    """

    def __init__(self, urls: Sequence[str], ledger: Ledger, token: str = "") -> None:
        self._urls = deque(urls)
        self._ledger = ledger
        self._token = token
        self._session = requests.Session()
        # Nothing of the environment is to come between.
        self._session.trust_env = False

    def push(self, image: Image) -> None:
        """Push an image, its blobs first, then pull its manifest by tag.

        What was not answered is done again. Raises `GaveUp`.
        """
        for blob in image.blobs:
            self._insist(self._push_blob, image.repository, blob)
        self._insist(self._push_manifest, image)
        self._insist(self._pull_manifest, image)

    def delete(self, image: Image) -> None:
        """Delete the part of an image that is to be deleted; as `push`."""
        if image.deleted is None:
            return
        path, changes = _deletion(image, image.deleted)
        statuses = [202]

        def delete() -> None:
            expected = tuple(statuses)
            # Whoever was not answered may find that it is done.
            statuses[1:] = [404]
            answer = self._request("DELETE", path, *expected)
            if answer.status_code == requests.codes.accepted:
                self._ledger.note(answer.headers["X-Request-Id"], *changes)

        self._insist(delete)

    def tell(self, image: Image) -> None:
        """Tell that another registry has the image, too, and gives it; as `push`."""
        events = [_told(action, image) for action in ("push", "pull", "pull")]

        def tell() -> None:
            answer = self._request(
                "POST",
                f"/api/v1/ingest/{SOURCE}",
                200,
                json={"events": events},
                headers={"Authorization": f"Bearer {self._token}"},
            )
            if answer.json()["rejected"]:
                raise GaveUp(f"of what was told of {image.tag}: {answer.text}")

        self._insist(tell)
        for event in events:
            target = event["target"]
            names = (target["repository"], target["digest"], target["tag"])
            self._ledger.note(event["request"]["id"], Change(event["action"], *names))

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _insist(self, do: Callable[..., None], *arguments: Any) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return do(*arguments)
            except (*_BROKEN, _Unavailable) as error:
                if time.monotonic() > deadline:
                    raise GaveUp(f"after {_PATIENCE_S:.0f} s: {error}") from error
                self._urls.rotate()
                time.sleep(_PAUSE_S)

    def _push_blob(self, repository: str, blob: bytes) -> None:
        uploads = f"/v2/{repository}/blobs/uploads/"
        opened = self._request("POST", uploads, 202)
        digest = factories.digest(blob)
        put = self._request(
            "PUT", opened.headers["Location"], 201, data=blob, params={"digest": digest}
        )
        self._note(put, Change("push", repository, digest))

    def _push_manifest(self, image: Image) -> None:
        headers = {"Content-Type": json.loads(image.manifest)["mediaType"]}
        put = self._request(
            "PUT", _manifest_path(image), 201, data=image.manifest, headers=headers
        )
        self._note(put, _change("push", image))

    def _pull_manifest(self, image: Image) -> None:
        got = self._request("GET", _manifest_path(image), 200)
        if got.content != image.manifest:
            raise GaveUp(f"{image.tag} is not what was pushed: {got.content!r}")
        self._note(got, _change("pull", image))

    def _request(
        self, method: str, path: str, *statuses: int, **more: Any
    ) -> requests.Response:
        url = urljoin(self._urls[0], path)
        begun = time.monotonic()
        try:
            answer = self._session.request(method, url, timeout=_ANSWER_S, **more)
        finally:
            self._ledger.note_time(time.monotonic() - begun)
        if answer.status_code in statuses:
            return answer
        if _is_proper_refusal(answer):
            self._ledger.note_refusal(answer.status_code)
            raise _Unavailable(answer.text)
        raise GaveUp(
            f"{method} {url}: {answer.status_code} {answer.headers} {answer.text}"
        )

    def _note(self, answer: requests.Response, change: Change) -> None:
        self._ledger.note(answer.headers["X-Request-Id"], change)


def _is_proper_refusal(answer: requests.Response) -> bool:
    """Tell whether it is the right answer to what cannot be done just now."""
    code = _REFUSALS.get(answer.status_code)
    told = answer.json() if code else {}
    # The REST API describes problems, and the registry gives codes.
    is_problem = told.get("status") == answer.status_code
    if not is_problem and told.get("errors", [{}])[0].get("code") != code:
        return False
    return answer.status_code != requests.codes.unavailable or (
        "Retry-After" in answer.headers
    )


def _deletion(image: Image, part: Part) -> tuple[str, tuple[Change, ...]]:
    """Return what to delete, by its path, and what the log then has to say."""
    by_digest = Change("delete", image.repository, image.digest)
    by_tag = _change("delete", image)
    if part is Part.TAG:
        return _manifest_path(image), (by_tag,)
    base = f"/v2/{image.repository}"
    if part is Part.MANIFEST:
        return f"{base}/manifests/{image.digest}", (by_digest, by_tag)
    digest = factories.digest(image.layer)
    change = Change("delete", image.repository, digest)
    return f"{base}/blobs/{digest}", (change,)


def _manifest_path(image: Image) -> str:
    return f"/v2/{image.repository}/manifests/{image.tag}"


def _change(action: str, image: Image) -> Change:
    return Change(action, image.repository, image.digest, image.tag)


def _told(action: str, image: Image) -> dict[str, Any]:
    """Make what another registry sends of an image."""
    return {
        "id": str(uuid4()),
        "timestamp": datetime.now(UTC).isoformat(),
        "action": action,
        "target": {
            "mediaType": json.loads(image.manifest)["mediaType"],
            "size": len(image.manifest),
            "digest": image.digest,
            "repository": f"{SOURCE}/{image.repository}",
            "tag": image.tag,
        },
        "request": {"id": str(uuid4()), "addr": "192.0.2.1", "host": SOURCE},
    }
