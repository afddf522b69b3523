"""The formats by their names, and how an endpoint's choice is read."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.formats.acr import Acr
from notifier.delivery.formats.base import Format
from notifier.delivery.formats.cloudevents import CloudEvents
from notifier.delivery.formats.distribution import Distribution
from notifier.delivery.formats.dockerhub import DockerHub
from notifier.delivery.formats.harbor import Harbor
from notifier.delivery.formats.quay import Quay
from notifier.delivery.formats.slack import Slack
from notifier.delivery.formats.template import Template

TYPES: Final[Mapping[str, type[Format]]] = {
    kind.type: kind
    for kind in (
        Distribution,
        Acr,
        CloudEvents,
        Harbor,
        DockerHub,
        Quay,
        Slack,
        Template,
    )
}
DEFAULT_FORMAT: Final = Distribution()


def parse_format(value: Any) -> Format:
    """Read what a person chose, and try it out; raise `EndpointInvalid`."""
    chosen = read_format(value)
    if isinstance(chosen, Template):
        chosen.check()
    return chosen


def read_format(value: Any) -> Format:
    """Read the JSON object of the API, or a type alone; raise `EndpointInvalid`."""
    options = {"type": value} if isinstance(value, str) else value
    if not isinstance(options, Mapping):
        raise EndpointInvalid("format", "must be an object, or the name of a type")
    name = options.get("type")
    if not isinstance(name, str) or name not in TYPES:
        raise EndpointInvalid("format.type", f"must be one of {', '.join(TYPES)}")
    kind = TYPES[name]
    known = {field.name: field for field in fields(kind)}
    chosen = {key: option for key, option in options.items() if key != "type"}
    for key, option in chosen.items():
        if key not in known:
            raise EndpointInvalid(f"format.{key}", f"is no option of {name}")
        if not isinstance(option, str):
            raise EndpointInvalid(f"format.{key}", "must be a text")
    if kind is Template and "body" not in chosen:
        raise EndpointInvalid("format.body", "must be given: it is the template")
    return kind(**chosen)
