"""The formats of endpoints, described.

By hand: each has options of its own, and `notifier.delivery.formats` reads them.
"""

from typing import Any, Final

from notifier.delivery.formats.cloudevents import MODES as CLOUDEVENTS_MODES
from notifier.delivery.formats.distribution import CONTENT_TYPES
from notifier.delivery.formats.harbor import MODES as HARBOR_MODES
from notifier.delivery.formats.template import MAX_SOURCE

_TEMPLATE = '{"text": {{ ("pushed " ~ event.target.tag|default("something"))|json }}}'


def _choice(about: str, choices: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "string",
        "enum": list(choices),
        "default": choices[0],
        "description": about,
    }


def _type(name: str, about: str, **options: dict[str, Any]) -> dict[str, Any]:
    required = [key for key, option in options.items() if "default" not in option]
    return {
        "type": "object",
        "title": name,
        "description": about,
        "required": ["type", *required],
        "properties": {
            "type": {"const": name, "description": "Which format it is."},
            **options,
        },
        "additionalProperties": False,
    }


FORMAT_SCHEMA: Final[dict[str, Any]] = {
    "description": "What events look like to those who are told.",
    "examples": [
        {"type": "cloudevents", "mode": "binary"},
        {"type": "template", "body": _TEMPLATE},
    ],
    "oneOf": [
        _type(
            "distribution",
            "The envelope of registry:2 and registry:3.",
            version=_choice(
                "Which name its content type has: only registry:2 says v1.",
                tuple(CONTENT_TYPES),
            ),
        ),
        _type(
            "acr",
            "One bare event, as Azure Container Registry sends it: pushes and deletes.",
        ),
        _type(
            "cloudevents",
            "CloudEvents 1.0.",
            mode=_choice("Where the attributes stand.", CLOUDEVENTS_MODES),
        ),
        _type(
            "harbor",
            "What Harbor sends: pushes, pulls and deletes of manifests.",
            mode=_choice("Which of its two payloads.", HARBOR_MODES),
        ),
        _type("dockerhub", "What Docker Hub sends: pushes by tag."),
        _type("quay", "What Quay sends: pushes by tag."),
        _type("slack", "A message for people, for an incoming webhook of Slack."),
        _type(
            "template",
            "What a Jinja template makes of `event`, the event of the envelope.",
            body={
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_SOURCE,
                "description": "The template. It is tried out before it is kept.",
                "examples": [_TEMPLATE],
            },
            content_type={
                "type": "string",
                "default": "application/json",
                "description": "What it makes. JSON is checked.",
                "examples": ["text/plain"],
            },
        ),
    ],
}
