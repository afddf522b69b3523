"""Jenkins, by either of two plugins."""

from collections.abc import Mapping
from typing import Any, Final

from notifier.delivery.presets.preset import (
    JSON_HEADER,
    PUSHES_BY_TAG,
    Preset,
    bearer,
    below,
    token_option,
    url_option,
)

_URL = "The address of Jenkins."


def _notification(options: Mapping[str, str]) -> dict[str, Any]:
    """Fill in for the plugin that reads the envelope itself; its key is in the path."""
    return {
        "url": below(options["url"], "dockerregistry-webhook/{token}/notify"),
        "url_secrets": {"token": options["token"]},
        "headers": JSON_HEADER,
        "format": "distribution",
        "filters": PUSHES_BY_TAG,
    }


def _generic(options: Mapping[str, str]) -> dict[str, Any]:
    return {
        "url": below(options["url"], "generic-webhook-trigger/invoke"),
        "headers": {**bearer(options["token"]), **JSON_HEADER},
        "format": "distribution",
        "filters": PUSHES_BY_TAG,
    }


JENKINS: Final = Preset(
    name="jenkins",
    about="Jenkins with the plugin CloudBees Docker Hub/Registry Notification.",
    options=(url_option(_URL), token_option("The API token of the plugin.")),
    fill_in=_notification,
)
JENKINS_GENERIC: Final = Preset(
    name="jenkins-generic",
    about="Jenkins with the plugin Generic Webhook Trigger.",
    options=(url_option(_URL), token_option("The token of the job's trigger.")),
    fill_in=_generic,
)
