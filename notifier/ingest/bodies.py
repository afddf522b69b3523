"""A body, and which dialect it is in."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from notifier.ingest.dialects.acr import Acr
from notifier.ingest.dialects.dialect import Dialect
from notifier.ingest.dialects.distribution import Distribution
from notifier.ingest.dialects.dockerhub import DockerHub
from notifier.ingest.dialects.harbor import Harbor, HarborCloudEvents
from notifier.ingest.dialects.quay import Quay
from notifier.ingest.errors import NotRead, TooManyEvents
from notifier.ingest.source import SourceKind

MAX_EVENTS: Final = 10_000

# What most send comes first.
_DIALECTS: Final[tuple[Dialect, ...]] = (
    Distribution(),
    HarborCloudEvents(),
    Harbor(),
    Acr(),
    DockerHub(),
    Quay(),
)
_BY_KIND: Final[Mapping[SourceKind, Sequence[Dialect]]] = {
    **{
        kind: [dialect for dialect in _DIALECTS if dialect.kind is kind]
        for kind in SourceKind
    },
    SourceKind.AUTO: _DIALECTS,
}


def read_body(body: bytes, kind: SourceKind) -> tuple[Dialect, Sequence[Any]]:
    """Return the dialect of *body*, and its parts, each of which is one event.

    Raises `NotRead` or `TooManyEvents`.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotRead(f"the body is not JSON: {error}") from None
    for dialect in _BY_KIND[kind]:
        if dialect.recognises(document):
            parts = dialect.split(document)
            if len(parts) > MAX_EVENTS:
                raise TooManyEvents(MAX_EVENTS)
            return dialect, parts
    raise NotRead(
        "the body is nothing that a registry of a known kind sends"
        if kind is SourceKind.AUTO
        else f"the body is nothing that a registry of the kind {kind} sends"
    )
