"""The fields of an endpoint as people give them: by REST, or on the command line."""

from collections.abc import Mapping
from typing import Any

from notifier.delivery.filters import Filters
from notifier.delivery.formats import parse_format
from notifier.delivery.policy import POLICY_FIELDS
from notifier.delivery.presets import fill_in_preset


def parse_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Read the JSON of the REST API; return what the store of endpoints takes.

    Raises `EndpointInvalid`.
    """
    parsed = fill_in_preset(fields)
    if "filters" in parsed:
        parsed["filters"] = Filters.parse(parsed["filters"])
    if "format" in parsed:
        parsed["format_"] = parse_format(parsed.pop("format"))
    policy = {name: parsed.pop(name) for name in POLICY_FIELDS if name in parsed}
    return parsed | {"policy": policy} if policy else parsed


def field_names(parsed: Mapping[str, Any]) -> list[str]:
    """Name the fields that *parsed*, as the store takes them, is about."""
    names = {name.rstrip("_") for name in parsed} - {"policy"}
    return sorted(names | set(parsed.get("policy", ())))
