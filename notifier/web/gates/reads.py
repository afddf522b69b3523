"""The gate for reads: sends manifests and blobs that are there to whoever may pull."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from notifier.access.caller import Caller
from notifier.access.permits import Permit
from notifier.access.refusals import CredentialsRefused
from notifier.db import DatabaseUnavailable
from notifier.events.origin import Origin
from notifier.registry.errors import NameInvalid
from notifier.registry.reference import parse_repository
from notifier.web.request_log import Seen
from notifier.web.requests import record_of
from notifier.web.services import Services
from notifier.web.v2.base import API_VERSION
from notifier.web.v2.reads import MET, Answer, Read, read_blob, read_manifest
from notifier.web.v2.routes import BLOB, MANIFEST
from notifier.web.watch import SEEN

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATH: Final = re.compile(r"/v2/([^:]+)/(manifests|blobs)/([^/]+)")
_READS: Final = {"manifests": (read_manifest, MANIFEST), "blobs": (read_blob, BLOB)}
_METHODS: Final = {"GET", "HEAD"}
_STATUS: Final = {200: "200 OK", 206: "206 Partial Content", 304: "304 Not Modified"}


class Gate:
    """Answers what it can."""

    def __init__(self, app: "WSGIApplication", own: Services) -> None:
        self._app = app
        self._own = own

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer, or pass it on."""
        answer = None
        if environ["REQUEST_METHOD"] in _METHODS:
            asked = _PATH.fullmatch(environ["PATH_INFO"])
            if asked is not None:
                answer = self._answer(environ, *asked.groups())
        if answer is None:
            return self._app(environ, start_response)
        start_response(_STATUS[answer.status], [*answer.headers.items(), API_VERSION])
        return answer.body

    def _answer(
        self, environ: "WSGIEnvironment", repository: str, kind: str, reference: str
    ) -> Answer | None:
        """Return what is to be sent, or None if that is for Flask to say."""
        caller = self._find_caller(environ, repository)
        if caller is None:
            return None
        read, route = _READS[kind]
        record = record_of(environ, self._own.settings)
        origin = Origin(
            request=record,
            source=self._own.source,
            actor=caller.name,
            credential=None if caller.name is None else caller.credential.value,
        )
        asked = Read(
            own=self._own, environ=environ, origin=origin, repository=repository
        )
        try:
            answer = read(asked, reference)
        except Exception as error:  # noqa: BLE001 - Flask's handlers tell of it
            environ[MET] = error
            return None
        environ[SEEN] = Seen(
            id=str(record.id),
            method=record.method,
            path=environ["PATH_INFO"],
            route=route,
            addr=record.addr,
        )
        return answer

    def _find_caller(
        self, environ: "WSGIEnvironment", repository: str
    ) -> Caller | None:
        """Return who asks if they may pull, and that is told by no password.

        Wrong passwords are counted, and none is to be counted twice.
        """
        header = environ.get("HTTP_AUTHORIZATION")
        if header is not None and not header.startswith("Bearer "):
            return None
        try:
            caller = self._own.authenticator.authenticate(header, "")
            may = caller.may(Permit.PULL, parse_repository(repository))
        except (CredentialsRefused, DatabaseUnavailable, NameInvalid):
            return None
        return caller if may else None
