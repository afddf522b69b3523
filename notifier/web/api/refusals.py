"""What becomes of each error that a view may raise."""

from collections.abc import Iterable, Sequence

from flask import Blueprint, Response

from notifier.access.errors import (
    AccessInvalid,
    GrantUnknown,
    NameTaken,
    TokenUnknown,
    TooMany,
    UserUnknown,
)
from notifier.audit.answers import EventUnknown
from notifier.audit.cursor import CursorInvalid
from notifier.audit.digests import DigestAmbiguous
from notifier.audit.following import MarkInvalid
from notifier.audit.retention.errors import (
    ArchiveNotRestored,
    ArchiveRestored,
    ArchiveUnknown,
    NothingExpires,
    RunActive,
    RunFinished,
    RunUnknown,
    StorageVolatile,
)
from notifier.audit.timelines.errors import (
    DigestUnknown,
    NotCounted,
    RepositoryUnknown,
)
from notifier.delivery.errors import (
    AttemptUnknown,
    DeliveryUnknown,
    EndpointDeclared,
    EndpointDisabled,
    EndpointInvalid,
    EndpointNameTaken,
    EndpointUnknown,
    QuotaExceeded,
    SecretCurrent,
    SecretUnknown,
    TooManyEndpoints,
    TooManySecrets,
)
from notifier.delivery.repair.errors import (
    RepairFinished,
    RepairUnknown,
    TooManyRepairs,
)
from notifier.ingest.errors import (
    NotRead,
    SourceInvalid,
    SourceNameTaken,
    SourceUnknown,
    TooManyEvents,
    TooManySources,
)
from notifier.secrets import SecretUnreadable
from notifier.web.errors import problem
from notifier.web.streams import StreamsFull

_RETRY_STREAM_S = 10

STATUS: dict[type[Exception], int] = {
    ArchiveNotRestored: 409,
    ArchiveRestored: 409,
    ArchiveUnknown: 404,
    AttemptUnknown: 404,
    DeliveryUnknown: 404,
    DigestUnknown: 404,
    EndpointDeclared: 409,
    EndpointDisabled: 409,
    EndpointNameTaken: 409,
    EndpointUnknown: 404,
    EventUnknown: 404,
    GrantUnknown: 404,
    NameTaken: 409,
    NothingExpires: 409,
    NotRead: 400,
    RepairFinished: 409,
    RepairUnknown: 404,
    RepositoryUnknown: 404,
    RunActive: 409,
    RunFinished: 409,
    RunUnknown: 404,
    SecretCurrent: 409,
    SecretUnknown: 404,
    SecretUnreadable: 409,
    SourceNameTaken: 409,
    SourceUnknown: 404,
    StorageVolatile: 409,
    TokenUnknown: 404,
    TooMany: 409,
    TooManyEndpoints: 409,
    TooManyEvents: 413,
    TooManyRepairs: 409,
    TooManySecrets: 409,
    TooManySources: 409,
    UserUnknown: 404,
}


class ArgumentsInvalid(Exception):
    """Parameters or fields that cannot be so; *errors* name each."""

    def __init__(self, errors: Sequence[dict[str, str]]) -> None:
        super().__init__()
        self.errors = errors


def register(blueprint: Blueprint) -> None:
    """Let *blueprint* answer these errors."""
    for kind in STATUS:
        blueprint.register_error_handler(kind, _refused)
    blueprint.register_error_handler(ArgumentsInvalid, _invalid)
    blueprint.register_error_handler(EndpointInvalid, _invalid_endpoint)
    blueprint.register_error_handler(AccessInvalid, _invalid_access)
    blueprint.register_error_handler(SourceInvalid, _invalid_source)
    blueprint.register_error_handler(QuotaExceeded, _too_often)
    blueprint.register_error_handler(CursorInvalid, _invalid_cursor)
    blueprint.register_error_handler(MarkInvalid, _invalid_mark)
    blueprint.register_error_handler(StreamsFull, _too_many_streams)
    blueprint.register_error_handler(NotCounted, _not_counted)
    blueprint.register_error_handler(DigestAmbiguous, _ambiguous)


def pointer(path: Iterable[str]) -> str:
    """Return a JSON Pointer to a place in the body, as a fragment (RFC 6901)."""
    steps = (step.replace("~", "~0").replace("/", "~1") for step in path)
    return "#" + "".join(f"/{step}" for step in steps)


def _refused(error: Exception) -> Response:
    return problem(STATUS[type(error)], _sentence(str(error)))


def _invalid(error: ArgumentsInvalid) -> Response:
    return problem(422, "The request cannot be understood.", errors=error.errors)


def _invalid_endpoint(error: EndpointInvalid) -> Response:
    where = {"detail": error.reason, "pointer": pointer(error.field.split("."))}
    return problem(422, "No endpoint can be like that.", errors=[where])


def _invalid_access(error: AccessInvalid) -> Response:
    where = {"detail": error.reason, "pointer": pointer([error.field])}
    return problem(422, "That cannot be.", errors=[where])


def _invalid_source(error: SourceInvalid) -> Response:
    where = {"detail": error.reason, "pointer": pointer([error.field])}
    return problem(422, "No source can be like that.", errors=[where])


def _too_often(error: QuotaExceeded) -> Response:
    headers = {"Retry-After": str(error.retry_after_s)}
    return problem(429, _sentence(str(error)), headers=headers)


def _invalid_cursor(_error: CursorInvalid) -> Response:
    where = {"detail": "No page of this list has this cursor.", "parameter": "cursor"}
    return problem(400, "The cursor is not one of this list.", errors=[where])


def _invalid_mark(_error: MarkInvalid) -> Response:
    return problem(400, "That is no id of an event of a stream.")


def _too_many_streams(error: StreamsFull) -> Response:
    headers = {"Retry-After": str(_RETRY_STREAM_S)}
    return problem(503, _sentence(str(error)), headers=headers)


def _not_counted(error: NotCounted) -> Response:
    return problem(503, _sentence(str(error)), headers={"Retry-After": "1"})


def _ambiguous(error: DigestAmbiguous) -> Response:
    where = {"detail": _sentence(str(error)), "parameter": "digest"}
    return problem(422, "The request cannot be understood.", errors=[where])


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
