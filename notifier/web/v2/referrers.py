"""What refers to a manifest: signatures, SBOMs, attestations."""

from contextlib import closing

from flask import Response, request

from notifier.registry import media_types, referrers
from notifier.registry.digest import Digest
from notifier.registry.documents import MAX_SIZE
from notifier.registry.reference import parse_repository
from notifier.web.services import services
from notifier.web.v2.pages import next_link, parse_text

_HEAD = b'{"schemaVersion":2,"mediaType":"%b","manifests":['
_TAIL = b"]}"


def list_referrers(repository: str, digest: str) -> Response:
    """List descriptors as an image index, in pages of the size of a manifest."""
    repository, subject = parse_repository(repository), Digest.parse(digest)
    artifact_type = parse_text("artifactType") or None
    last = request.args.get("last")
    descriptors, more = _page(
        repository, subject, artifact_type, Digest.parse(last) if last else None
    )
    head = _HEAD % media_types.OCI_INDEX.encode()
    response = Response(
        head + b",".join(descriptors) + _TAIL, content_type=media_types.OCI_INDEX
    )
    if artifact_type is not None:
        response.headers["OCI-Filters-Applied"] = "artifactType"
    if more is not None:
        response.headers["Link"] = next_link(artifactType=artifact_type, last=more)
    return response


def _page(
    repository: str, subject: Digest, artifact_type: str | None, last: Digest | None
) -> tuple[list[bytes], Digest | None]:
    """Return descriptors, and the digest of the last one if there are more."""
    page: list[bytes] = []
    room = MAX_SIZE - len(_HEAD) - len(media_types.OCI_INDEX) - len(_TAIL)
    with (
        services().database.read() as connection,
        closing(
            referrers.iterate(
                connection, repository, subject, artifact_type=artifact_type, last=last
            )
        ) as found,
    ):
        for digest, descriptor in found:
            room -= len(descriptor) + 1
            if page and room < 0:
                return page, last
            page.append(descriptor)
            last = digest
    return page, None
