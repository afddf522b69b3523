"""GitHub: a ``repository_dispatch`` event, which workflows can wait for."""

import re
from collections.abc import Mapping
from typing import Any, Final

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.presets.preset import (
    PUSHES_BY_TAG,
    Option,
    Preset,
    bearer,
    below,
    token_option,
    url_option,
)

_REPOSITORY = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}", re.ASCII)
_EVENT_TYPE = re.compile(r"[\w.-]{1,100}", re.ASCII)

# At most ten keys may stand in client_payload. A ping starts no workflow that waits for
# pushes.
_BODY = """\
{% set name = event.target.repository|default("") %}
{% set tag = event.target.tag|default("") %}
{% set digest = event.target.digest %}
{% set image = event.request.host ~ "/" ~ name ~ (":" ~ tag if tag else "@" ~ digest) %}
{
  "event_type": {{ ("ping" if event.action == "ping" else "EVENT_TYPE")|json }},
  "client_payload": {
    "id": {{ event.id|json }},
    "timestamp": {{ event.timestamp|json }},
    "action": {{ event.action|json }},
    "image": {{ (image if name else "")|json }},
    "registry": {{ event.request.host|json }},
    "repository": {{ name|json }},
    "tag": {{ tag|json }},
    "digest": {{ digest|json }},
    "media_type": {{ event.target.mediaType|json }},
    "actor": {{ event.actor.name|default("")|json }}
  }
}
"""


def _fill_in(options: Mapping[str, str]) -> dict[str, Any]:
    repository, event_type = options["repository"], options["event_type"]
    if not _REPOSITORY.fullmatch(repository):
        raise EndpointInvalid("preset.repository", "must be like owner/name")
    if not _EVENT_TYPE.fullmatch(event_type):
        raise EndpointInvalid(
            "preset.event_type", "must be 1 to 100 letters, digits, dots, - and _"
        )
    return {
        "url": below(options["url"], f"repos/{repository}/dispatches"),
        "headers": {
            **bearer(options["token"]),
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
        "format": {
            "type": "template",
            "body": _BODY.replace("EVENT_TYPE", event_type),
        },
        "filters": PUSHES_BY_TAG,
    }


GITHUB: Final = Preset(
    name="github",
    about="GitHub Actions: sends a repository_dispatch event.",
    options=(
        Option(
            name="repository",
            about="The repository whose workflows run: owner/name.",
            is_required=True,
        ),
        token_option("A token that may write the contents of that repository."),
        Option(
            name="event_type",
            about="What workflows wait for, under types.",
            default="registry-push",
        ),
        url_option(
            "The API; of GitHub Enterprise https://HOST/api/v3.",
            "https://api.github.com",
        ),
    ),
    fill_in=_fill_in,
)
