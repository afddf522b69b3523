"""GitLab: a pipeline, by a trigger token."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from notifier.delivery.presets.preset import (
    JSON_HEADER,
    PUSHES_BY_TAG,
    Option,
    Preset,
    below,
    token_option,
    url_option,
)


def _fill_in(options: Mapping[str, str]) -> dict[str, Any]:
    """Fill in; GitLab takes a trigger token in the URL or the body, in no header.

    The body is the job's to read, so the token stands in the URL.
    """
    project, ref = quote(options["project"], safe=""), quote(options["ref"], safe="")
    path = f"api/v4/projects/{project}/ref/{ref}/trigger/pipeline"
    return {
        "url": f"{below(options['url'], path)}?token={{token}}",
        "url_secrets": {"token": options["token"]},
        # GitLab reads no other type of content.
        "headers": JSON_HEADER,
        "format": "distribution",
        "filters": PUSHES_BY_TAG,
    }


GITLAB: Final = Preset(
    name="gitlab",
    about="GitLab CI: starts a pipeline, with the envelope in $TRIGGER_PAYLOAD.",
    options=(
        Option(
            name="project",
            about="The project's number, or its path: group/project.",
            is_required=True,
        ),
        token_option("A pipeline trigger token of that project."),
        Option(name="ref", about="The branch or tag to run.", default="main"),
        url_option("The address of GitLab.", "https://gitlab.com"),
    ),
    fill_in=_fill_in,
)
