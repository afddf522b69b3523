"""Manifest documents: the JSON that clients push, checked by its media type.

OCI image specification: image manifest, image index, descriptor. Docker's schema 2
manifest and manifest list have the same shape. A document of a media type that is not
known here is kept as it is, if it is a JSON object.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson

from notifier.registry import media_types
from notifier.registry.digest import Digest
from notifier.registry.errors import DigestInvalid, ManifestInvalid

MAX_SIZE = 4 * 1024 * 1024

# OCI image specification, image index, ``platform``.
_PLATFORM = ("architecture", "os", "os.version", "os.features", "variant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A descriptor within a manifest: content that the manifest names.

    *is_manifest* tells a child of an index from a blob. *is_distributable* is false
    for layers that clients fetch from elsewhere.
    """

    media_type: str
    digest: Digest
    size: int
    platform: dict[str, Any] | None = None
    is_manifest: bool = False
    is_distributable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestDocument:
    """A manifest's bytes, exactly as received, and what they say.

    *artifact_type* is its ``artifactType``; without one, the media type of its config,
    as the distribution specification has it for referrers. An index without
    ``artifactType`` has none.
    """

    content: bytes
    media_type: str
    references: tuple[Reference, ...] = ()
    subject: Digest | None = None
    artifact_type: str | None = None
    annotations: dict[str, str] | None = None

    @classmethod
    def parse(cls, content: bytes, content_type: str | None) -> "ManifestDocument":
        """Check *content* against *content_type*; raise `ManifestInvalid`.

        Without a *content_type* the document's own ``mediaType`` or its shape decides.
        """
        document = _load(content)
        media_type = _media_type(document, content_type)
        config = document.get("config")
        return cls(
            content=content,
            media_type=media_type,
            references=_references(document, media_type.lower()),
            subject=_subject(document),
            artifact_type=_text(document, "artifactType")
            or (_text(config, "mediaType") if isinstance(config, dict) else None),
            annotations=_annotations(document),
        )

    def referrer_descriptor(self, digest: Digest) -> bytes:
        """Render the descriptor by which this manifest refers to its subject."""
        descriptor: dict[str, Any] = {
            "mediaType": self.media_type,
            "digest": digest,
            "size": len(self.content),
        }
        if self.artifact_type:
            descriptor["artifactType"] = self.artifact_type
        if self.annotations:
            descriptor["annotations"] = self.annotations
        return orjson.dumps(descriptor)


def list_digests(content: bytes) -> set[Digest]:
    """Return every digest that stands anywhere in a manifest that was taken in.

    Whatever its media type is: what a manifest may name in a way that is not known here
    is needed by those who know it.
    """
    found: set[Digest] = set()
    waiting: list[Any] = [orjson.loads(content)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str):
            with suppress(DigestInvalid):
                found.add(Digest.parse(value))
    return found


def _load(content: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        _refuse(f"not JSON: {error}")
    if not isinstance(document, dict):
        _refuse("not a JSON object")
    return document


def _media_type(document: dict[str, Any], content_type: str | None) -> str:
    stated = document.get("mediaType")
    if stated is not None and not isinstance(stated, str):
        _refuse("mediaType is not a string")
    if content_type is None:
        media_type = stated or _guessed_media_type(document)
    else:
        media_type = content_type
    if not media_types.is_media_type(media_type):
        _refuse("the media type is malformed")
    if media_type in media_types.FORMS:
        _refuse("a manifest is not sent as a form")
    # What a browser would show as a page could act here in its reader's name.
    if not media_type.lower().startswith("application/"):
        _refuse("the media type of a manifest begins with application/")
    # Case does not matter (RFC 6838); the document's own spelling is kept.
    if stated is not None and stated.lower() != media_type.lower():
        _refuse(f"mediaType is {stated[:256]}, Content-Type is {media_type[:256]}")
    return stated or media_type


def _guessed_media_type(document: dict[str, Any]) -> str:
    if "manifests" in document:
        return media_types.OCI_INDEX
    if "config" in document:
        return media_types.OCI_MANIFEST
    return _refuse("neither Content-Type nor mediaType says what this is")


def _references(document: dict[str, Any], media_type: str) -> tuple[Reference, ...]:
    if media_type in media_types.MANIFESTS:
        _check_version(document)
        if "manifests" in document:
            _refuse("an image manifest lists no manifests")
        blobs = [_member(document, "config"), *_list(document, "layers")]
        return tuple(_reference(blob) for blob in blobs)
    if media_type in media_types.INDEXES:
        _check_version(document)
        if "config" in document or "layers" in document:
            _refuse("an index has neither config nor layers")
        if "manifests" not in document:
            _refuse("manifests is missing")
        children = _list(document, "manifests")
        return tuple(_reference(child, is_manifest=True) for child in children)
    if media_type == media_types.OCI_ARTIFACT:
        return tuple(_reference(blob) for blob in _list(document, "blobs"))
    return ()


def _check_version(document: dict[str, Any]) -> None:
    if document.get("schemaVersion") != 2:  # noqa: PLR2004 - the specification's number
        _refuse("schemaVersion is not 2")


def _reference(descriptor: Any, *, is_manifest: bool = False) -> Reference:
    if not isinstance(descriptor, dict):
        _refuse("a descriptor is not an object")
    media_type = _text(descriptor, "mediaType")
    if not media_type:
        _refuse("a descriptor has no mediaType")
    size = descriptor.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 1 << 63:
        _refuse("a descriptor's size is not a number of bytes")
    return Reference(
        media_type=media_type,
        digest=_digest(descriptor),
        size=size,
        platform=_platform(descriptor.get("platform")),
        is_manifest=is_manifest,
        is_distributable=media_type not in media_types.NON_DISTRIBUTABLE,
    )


def _platform(stated: Any) -> dict[str, Any] | None:
    """Keep what the specification knows: events tell of it, strangers write it."""
    if not isinstance(stated, dict):
        return None
    return {
        name: stated[name]
        for name in _PLATFORM
        if name in stated and _is_text(stated[name], several=name == "os.features")
    }


def _is_text(value: Any, *, several: bool) -> bool:
    if several:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _subject(document: dict[str, Any]) -> Digest | None:
    subject = document.get("subject")
    if subject is None:
        return None
    return _reference(subject, is_manifest=True).digest


def _digest(descriptor: dict[str, Any]) -> Digest:
    text = _text(descriptor, "digest")
    try:
        return Digest.parse(text or "")
    except DigestInvalid:
        _refuse(f"a descriptor's digest is malformed or unknown: {(text or '')[:256]}")


def _annotations(document: dict[str, Any]) -> dict[str, str] | None:
    annotations = document.get("annotations")
    if annotations is None:
        return None
    if not isinstance(annotations, dict) or not all(
        isinstance(value, str) for value in annotations.values()
    ):
        _refuse("annotations is not an object of strings")
    return annotations


def _member(document: dict[str, Any], name: str) -> Any:
    if name not in document:
        _refuse(f"{name} is missing")
    return document[name]


def _list(document: dict[str, Any], name: str) -> list[Any]:
    value = document.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        _refuse(f"{name} is not a list")
    return value


def _text(document: dict[str, Any], name: str) -> str | None:
    value = document.get(name)
    if value is not None and not isinstance(value, str):
        _refuse(f"{name} is not a string")
    if value and "\0" in value:
        _refuse(f"{name} holds a NUL character")
    return value


def _refuse(reason: str) -> NoReturn:
    raise ManifestInvalid({"reason": reason})
