"""Valid things, made with as few words as possible."""

import hashlib
import json
import time
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient

from notifier.events.event import (
    Action,
    Descriptor,
    Event,
    Kind,
    RequestRecord,
    Source,
    Target,
)
from notifier.ids import uuid7
from notifier.registry import media_types
from notifier.registry.digest import Digest

SOURCE = Source(addr="registry:5000", instance_id=uuid4())


def digest(content: bytes, algorithm: str = "sha256") -> str:
    """Compute a digest independently of the code under test."""
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def descriptor(
    content: bytes, media_type: str = "application/octet-stream", **more: Any
) -> dict[str, Any]:
    """Describe *content*."""
    return {
        "mediaType": media_type,
        "digest": digest(content),
        "size": len(content),
        **more,
    }


def manifest(
    config: bytes = b"{}", layers: tuple[bytes, ...] = (b"layer",), **more: Any
) -> bytes:
    """Render an OCI image manifest."""
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_MANIFEST,
            "config": descriptor(config, "application/vnd.oci.image.config.v1+json"),
            "layers": [
                descriptor(layer, "application/vnd.oci.image.layer.v1.tar+gzip")
                for layer in layers
            ],
            **more,
        }
    ).encode()


def index(*children: bytes, **more: Any) -> bytes:
    """Render an OCI image index of image manifests."""
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_INDEX,
            "manifests": [
                descriptor(child, media_types.OCI_MANIFEST) for child in children
            ],
            **more,
        }
    ).encode()


def push_blob(
    client: FlaskClient, content: bytes = b"layer", repository: str = "team/app"
) -> str:
    """Push a blob in one request; return its digest."""
    named = digest(content)
    response = client.post(
        f"/v2/{repository}/blobs/uploads/?digest={named}", data=content
    )
    assert response.status_code == 201, response.text
    return named


def push_manifest(
    client: FlaskClient,
    content: bytes,
    reference: str = "1.0",
    repository: str = "team/app",
) -> str:
    """Push a manifest; return its digest."""
    response = client.put(
        f"/v2/{repository}/manifests/{reference}",
        data=content,
        content_type=json.loads(content)["mediaType"],
    )
    assert response.status_code == 201, response.text
    return digest(content)


def push_image(
    client: FlaskClient,
    reference: str = "1.0",
    repository: str = "team/app",
    layers: tuple[bytes, ...] = (b"layer",),
) -> str:
    """Push a tiny image, its blobs first; return the manifest's digest."""
    for content in (b"{}", *layers):
        push_blob(client, content, repository)
    return push_manifest(client, manifest(layers=layers), reference, repository)


def event(
    action: Action = Action.PUSH,
    *,
    repository: str = "team/app",
    tag: str | None = "1.0",
    content: bytes = b"{}",
    media_type: str = media_types.OCI_MANIFEST,
    kind: Kind = Kind.MANIFEST,
    artifact_type: str | None = None,
    at_ns: int | None = None,
    **more: Any,
) -> Event:
    """Make an event: a manifest is pushed, unless told otherwise."""
    now_ns = time.time_ns() if at_ns is None else at_ns
    named = Digest.of(content)
    part = "manifests" if kind is Kind.MANIFEST else "blobs"
    url = f"http://registry:5000/v2/{repository}/{part}/{named}"
    return Event(
        id=uuid7(now_ns),
        timestamp_ns=now_ns,
        action=action,
        target=Target(
            kind=kind,
            repository=repository,
            descriptor=Descriptor(
                media_type=media_type, digest=named, size=len(content)
            ),
            tag=tag,
            url=None if action is Action.DELETE else url,
            artifact_type=artifact_type,
        ),
        request=more.pop("request", None)
        or RequestRecord(
            id=uuid7(now_ns),
            addr="192.0.2.1:40000",
            host="registry:5000",
            method="PUT",
            useragent="docker/27.3.1",
        ),
        source=SOURCE,
        **more,
    )
