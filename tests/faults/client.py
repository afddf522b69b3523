"""A client of the registry that goes on until it is answered."""

import json
import time
from collections.abc import Callable
from typing import Any

import requests

from tests import factories
from tests.faults.images import Image
from tests.faults.ledger import Change, Ledger

_ANSWER_S = 30.0
_PATIENCE_S = 60.0
_PAUSE_S = 0.1
_BROKEN = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)


class GaveUp(Exception):
    """The server did not answer, or not as it should."""


class _Unavailable(Exception):
    """The server has answered that it cannot do it now."""


class Client:
    """One client, with a connection of its own."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self._url = url
        self._ledger = ledger
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
                time.sleep(_PAUSE_S)

    def _push_blob(self, repository: str, blob: bytes) -> None:
        uploads = f"{self._url}/v2/{repository}/blobs/uploads/"
        opened = self._request("POST", uploads, 202)
        digest = factories.digest(blob)
        put = self._request(
            "PUT", opened.headers["Location"], 201, data=blob, params={"digest": digest}
        )
        self._note(put, Change("push", repository, digest))

    def _push_manifest(self, image: Image) -> None:
        headers = {"Content-Type": json.loads(image.manifest)["mediaType"]}
        put = self._request(
            "PUT", self._manifest_url(image), 201, data=image.manifest, headers=headers
        )
        self._note(put, self._change("push", image))

    def _pull_manifest(self, image: Image) -> None:
        got = self._request("GET", self._manifest_url(image), 200)
        if got.content != image.manifest:
            raise GaveUp(f"{image.tag} is not what was pushed: {got.content!r}")
        self._note(got, self._change("pull", image))

    def _request(
        self, method: str, url: str, status: int, **more: Any
    ) -> requests.Response:
        begun = time.monotonic()
        try:
            answer = self._session.request(method, url, timeout=_ANSWER_S, **more)
        finally:
            self._ledger.note_time(time.monotonic() - begun)
        if answer.status_code == requests.codes.unavailable:
            raise _Unavailable(answer.text)
        if answer.status_code != status:
            raise GaveUp(f"{method} {url}: {answer.status_code} {answer.text}")
        return answer

    def _note(self, answer: requests.Response, change: Change) -> None:
        self._ledger.note(answer.headers["X-Request-Id"], change)

    def _manifest_url(self, image: Image) -> str:
        return f"{self._url}/v2/{image.repository}/manifests/{image.tag}"

    def _change(self, action: str, image: Image) -> Change:
        digest = factories.digest(image.manifest)
        return Change(action, image.repository, digest, image.tag)
