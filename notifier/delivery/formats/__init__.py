"""Formats: what events look like to those who are told.

    distribution   the envelope of the distribution project
    acr            one bare event, as Azure sends it
    cloudevents    CloudEvents 1.0: structured, binary or in batches
    harbor         what Harbor sends, in both of its ways
    dockerhub      what Docker Hub sends
    quay           what Quay sends
    slack          a message for people
    template       whatever the endpoint's owner writes

Some of them cannot tell every event: Docker Hub speaks only of pushes by tag.
"""

from notifier.delivery.formats.base import Format, Message, RenderingFailed
from notifier.delivery.formats.choice import (
    DEFAULT_FORMAT,
    TYPES,
    parse_format,
    read_format,
)

__all__ = [
    "DEFAULT_FORMAT",
    "TYPES",
    "Format",
    "Message",
    "RenderingFailed",
    "parse_format",
    "read_format",
]
