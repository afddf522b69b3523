"""The event of an envelope, described.

By hand, for it is not the API that makes it: it is shown as it was delivered.
"""

from typing import Any, Final

from notifier.events.event import Action

DIGEST: Final = (
    "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"
)
MEDIA_TYPE: Final = "application/vnd.oci.image.manifest.v1+json"


def _text(about: str, example: Any, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": about, "examples": [example], **more}


_DESCRIPTOR: dict[str, Any] = {
    "mediaType": _text("Its media type.", MEDIA_TYPE),
    "digest": _text("Its digest.", DIGEST),
    "size": {"type": "integer", "description": "Its size in bytes.", "examples": [708]},
}

EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "An event as it stands in the envelopes that endpoints get: the "
    "CNCF distribution project's notification format.",
    "required": ["id", "timestamp", "action", "target", "request", "actor", "source"],
    "properties": {
        "id": _text(
            "The same in all deliveries.",
            "0196db4e-7005-7001-8005-9f3a5c000005",
            format="uuid",
        ),
        "timestamp": _text("When it happened.", "2026-05-01T15:28:51.123456789Z"),
        "action": {
            "type": "string",
            "enum": list(Action),
            "description": "What was done. A `ping` is a test of one endpoint. "
            "`denied` is a request that was refused; those with a dot tell what befell "
            "endpoints and deliveries, and what those who run the registry changed.",
        },
        "target": {
            "type": "object",
            "description": "What it was done to.",
            "properties": {
                **_DESCRIPTOR,
                "length": {"type": "integer", "description": "The same as `size`."},
                "repository": _text("Where it lives.", "team/app"),
                "fromRepository": _text("Where it was mounted from.", "base/debian"),
                "url": _text(
                    "Where to get it.",
                    f"https://registry.example.com/v2/team/app/manifests/{DIGEST}",
                ),
                "tag": _text("Its tag, if there was one.", "1.0"),
                "references": {
                    "type": "array",
                    "description": "What the manifest names, if settings ask for it.",
                    "items": {
                        "type": "object",
                        "properties": {
                            **_DESCRIPTOR,
                            "platform": {
                                "type": "object",
                                "description": "What an index says it runs on.",
                            },
                        },
                    },
                },
            },
        },
        "request": {
            "type": "object",
            "description": "The request that led to it.",
            "properties": {
                "id": _text("Its id.", "0196db4e-7006-7002-8006-9f3a5c000006"),
                "addr": _text("The client's address.", "203.0.113.7:51234"),
                "host": _text("The registry, by that name.", "registry.example.com"),
                "method": _text("Its method.", "PUT"),
                "useragent": _text("The client's name for itself.", "docker/27.3.1"),
            },
        },
        "actor": {
            "type": "object",
            "description": "Who initiated it; empty if nobody was authenticated.",
            "properties": {"name": _text("Their name.", "alice")},
        },
        "source": {
            "type": "object",
            "description": "The node that generated it.",
            "properties": {
                "addr": _text("Its host and port.", "registry-7c9d5:5000"),
                "instanceID": _text(
                    "This run of its process.", "0196db4d-0001-7abc-8def-000000000001"
                ),
            },
        },
        "detail": {
            "type": "object",
            "description": "What befell what: only of operational events, whose action "
            "has a dot.",
            "properties": {
                "endpoint": {
                    "type": "object",
                    "description": "The endpoint that it is about.",
                    "properties": {
                        "id": _text("Its id.", "0196db4e-7017-7001-8017-9f3a5c000017"),
                        "name": _text("Its name.", "ci"),
                    },
                },
                "delivery": {
                    "type": "object",
                    "description": "The delivery that has failed for good.",
                },
                "failures": {
                    "type": "integer",
                    "description": "Failed attempts in a row when the breaker opened.",
                },
                "reason": _text("Why an endpoint was disabled.", "gone"),
            },
        },
    },
}
