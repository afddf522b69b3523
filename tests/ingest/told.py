"""What senders tell, and where: valid unless told otherwise."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from notifier.db import Database
from notifier.ingest import sources
from notifier.ingest.bodies import read_body
from notifier.ingest.dialects.dialect import Incoming
from notifier.ingest.source import IngestSource, Receipt, SourceKind

SAMPLES = Path(__file__).parent / "samples"

# 2026-11-23T19:00:00Z: a while after what the samples tell.
NOW_NS = 1_795_460_400 * 10**9
DIGEST = "sha256:423e9918b8cb0cc9c4e2a18b71963148087c0c5843902633fdd13334fe9b1124"


def sample(name: str) -> bytes:
    """Return a body as it was sent."""
    return (SAMPLES / name).read_bytes()


def event(**more: Any) -> dict[str, Any]:
    """Make an event as distribution tells it: a manifest is pushed by tag."""
    return {
        "id": str(uuid4()),
        "timestamp": "2026-11-23T18:51:12.977304822Z",
        "action": "push",
        "target": target(),
        "request": {
            "id": str(uuid4()),
            "addr": "192.0.2.1:39660",
            "host": "registry.example.com:5000",
            "method": "PUT",
            "useragent": "docker/27.3.1",
        },
        "actor": {"name": "alice"},
        "source": {
            "addr": "registry:5000",
            "instanceID": "4d1c5809-ba0d-4d5e-af2a-90ca1b874f5d",
        },
        **more,
    }


def target(**more: Any) -> dict[str, Any]:
    """Make what the event is about."""
    return {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": DIGEST,
        "size": 502,
        "length": 502,
        "repository": "team/app",
        "url": f"http://registry.example.com:5000/v2/team/app/manifests/{DIGEST}",
        "tag": "1.0",
        **more,
    }


def envelope(*events: Any) -> bytes:
    """Render an envelope: of one event, unless others are given."""
    return json.dumps({"events": list(events) or [event()]}).encode()


def source(
    database: Database,
    name: str = "registry-2",
    kind: str = SourceKind.AUTO,
    prefixes: Mapping[str, str] | None = None,
) -> IngestSource:
    """Add a source."""
    with database.transaction() as transaction:
        added, _token = sources.create(
            transaction, name=name, kind=kind, prefixes=prefixes or {}
        )
    return added


def read_all(body: bytes, receipt: Receipt) -> list[Incoming]:
    """Read each event of *body*."""
    dialect, parts = read_body(body, receipt.source.kind)
    return [dialect.read(part, receipt) for part in parts]
