"""Answers that last: what they are sent with, and when they are over."""

from collections.abc import Iterable
from typing import Self

from flask import Response, request

from notifier.access.permits import Permit
from notifier.access.refusals import CredentialsRefused, TooManyAttempts
from notifier.web.auth.callers import current_caller
from notifier.web.requests import client_host
from notifier.web.services import Services, services


class Permission:
    """What the caller could see of the log when they came.

    To be asked now and then, by whatever thread sends the answer.
    """

    def __init__(
        self, own: Services, header: str | None, address: str, seen: tuple[str, ...]
    ) -> None:
        self._own = own
        self._header = header
        self._address = address
        self._seen = seen

    @classmethod
    def of_request(cls) -> Self:
        """Return that of whoever sends the current request."""
        header = request.environ.get("HTTP_AUTHORIZATION")
        seen = current_caller().globs_for(Permit.AUDITOR)
        return cls(services(), header, client_host(), seen)

    def lasts(self) -> bool:
        """Tell whether they can see the same as before, and the process stays.

        Raises `DatabaseUnavailable`.
        """
        if self._own.streams.are_over:
            return False
        try:
            caller = self._own.authenticator.authenticate(self._header, self._address)
        except (CredentialsRefused, TooManyAttempts):
            return False
        return caller.globs_for(Permit.AUDITOR) == self._seen


def send(chunks: Iterable[bytes], media_type: str) -> Response:
    """Answer with *chunks*, one after the other; raise `StreamsFull`.

    A request for the head alone gets that, and takes no place.
    """
    if request.method == "HEAD":
        return Response(content_type=media_type)
    leave = services().streams.enter()
    response = Response(chunks, content_type=media_type)
    response.call_on_close(leave)
    # So nginx does not gather what it passes on.
    response.headers["X-Accel-Buffering"] = "no"
    return response
