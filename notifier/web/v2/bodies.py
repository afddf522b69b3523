"""The body of the current request, where it brings bytes of a blob."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flask import request
from werkzeug.exceptions import HTTPException

from notifier.registry import media_types
from notifier.registry.bodies import Body
from notifier.registry.errors import BlobTooLarge, BlobUploadInvalid
from notifier.registry.uploads import Limits
from notifier.web.services import services

_MEBIBYTE = 1024 * 1024
_PATIENCE_S = 5.0


@contextmanager
def too_large_is_heard() -> Iterator[None]:
    """Read on for a while what is of no use.

    Many clients listen only when they have sent all, and a connection that is closed
    before takes the answer away from them.
    """
    try:
        yield
    except BlobTooLarge:
        until = time.monotonic() + _PATIENCE_S
        with suppress(OSError, HTTPException):
            while time.monotonic() < until and request.stream.read(_MEBIBYTE):
                pass
        raise


def current_limits() -> Limits:
    """Return what the registry takes, by its settings."""
    settings = services().settings
    most = settings.max_blob_mb
    return Limits(
        max_size=None if most is None else most * _MEBIBYTE,
        max_sessions=settings.max_uploads,
    )


def current_body() -> Body:
    """Return the body of the current request; raise `BlobUploadInvalid` for a form."""
    # Only the stream is ever touched: Flask would take a form's bytes away.
    if request.mimetype in media_types.FORMS and request.content_length != 0:
        raise BlobUploadInvalid({"reason": "a blob is not sent as a form"})
    return Body(
        stream=request.stream,
        length=request.content_length,
        content_range=request.headers.get("Content-Range"),
    )
