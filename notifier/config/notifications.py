"""The ``notifications`` block of a distribution configuration file, as it is written.

https://distribution.github.io/distribution/about/configuration/#notifications
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from notifier.config.document import Entry
from notifier.config.duration import parse_duration

KEYS = ("events", "endpoints")
EVENT_KEYS = ("includereferences",)

# Attempts follow a schedule of our own.
IDLE_KEYS = ("threshold", "backoff")

_ENDPOINT_KEYS = (
    "name",
    "disabled",
    "url",
    "headers",
    "timeout",
    *IDLE_KEYS,
    "ignoredmediatypes",
    "ignore",
)
_IGNORE_KEYS = ("mediatypes", "actions")
_ACTIONS = ("pull", "push", "mount", "delete")
# What each is called in an endpoint of ours.
_FIELDS = {
    "name": "name",
    "url": "url",
    "headers": "headers",
    "timeout": "timeout_s",
    "ignoredmediatypes": "filters",
    "ignore": "filters",
}
_DEFAULT_TIMEOUT_S = 1.0
_WHOLE = re.compile(r"[+-]?[0-9]+")
_TRUE = {"true", "yes", "on", "y"}
_FALSE = {"false", "no", "off", "n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredEndpoint:
    """An endpoint of the file. What can be sent, and where to, is not checked here.

    *idle_keys* are those that have no effect. *entries* are the values that its fields
    were read from, by the name of the field; that of the name ``""`` is the whole.
    """

    name: str
    url: str = field(repr=False)
    enabled: bool
    headers: Mapping[str, str] = field(repr=False)
    timeout_s: float
    ignored_media_types: tuple[str, ...]
    ignored_actions: tuple[str, ...]
    idle_keys: tuple[str, ...]
    entries: Mapping[str, Entry] = field(repr=False, compare=False)

    def entry(self, name: str) -> Entry:
        """Return what a field such as ``headers.X-Key`` is from, or what holds that."""
        while name not in self.entries:
            name = name.rpartition(".")[0]
        return self.entries[name]


def read_endpoints(block: Entry) -> tuple[DeclaredEndpoint, ...]:
    """Read the list ``endpoints``; raise `ConfigError`."""
    endpoints = tuple(_endpoint(entry) for entry in block.sequence())
    first: dict[str, DeclaredEndpoint] = {}
    for endpoint in endpoints:
        if endpoint.name in first:
            place = first[endpoint.name].entry("name").place
            raise endpoint.entry("name").error(f"is that of {place}: say another name")
        first[endpoint.name] = endpoint
    return endpoints


def _endpoint(entry: Entry) -> DeclaredEndpoint:
    keys = entry.mapping(*_ENDPOINT_KEYS)
    for needed in ("name", "url"):
        if needed not in keys:
            raise entry.error(f"must have a {needed}")
    ignore = keys["ignore"].mapping(*_IGNORE_KEYS) if "ignore" in keys else {}
    headers = keys["headers"].mapping() if "headers" in keys else {}
    _check_idle(keys)
    return DeclaredEndpoint(
        name=keys["name"].text(),
        url=keys["url"].text(),
        enabled=not ("disabled" in keys and _switch(keys["disabled"])),
        headers={n: value for n, e in headers.items() if (value := _header(e))},
        timeout_s=_timeout(keys),
        ignored_media_types=_media_types(keys, ignore),
        ignored_actions=_actions(ignore),
        idle_keys=tuple(key for key in IDLE_KEYS if key in keys),
        entries=dict(_entries(entry, keys, headers)),
    )


def _entries(
    entry: Entry, keys: Mapping[str, Entry], headers: Mapping[str, Entry]
) -> Iterator[tuple[str, Entry]]:
    """Name what each field of an endpoint was read from."""
    yield "", entry
    for key, name in _FIELDS.items():
        if key in keys:
            yield name, keys[key]
    for name, header in headers.items():
        yield f"headers.{name}", header


def _header(entry: Entry) -> str:
    """Join the values of a header as RFC 9110, section 5.3, has it."""
    return ", ".join(item.text() for item in entry.sequence())


def _timeout(keys: Mapping[str, Entry]) -> float:
    seconds = _duration(keys["timeout"]) if "timeout" in keys else 0.0
    return seconds if seconds > 0 else _DEFAULT_TIMEOUT_S


def _check_idle(keys: Mapping[str, Entry]) -> None:
    """Refuse what distribution would refuse, though it has no effect here."""
    if "backoff" in keys:
        _duration(keys["backoff"])
    if "threshold" in keys and not _WHOLE.fullmatch(keys["threshold"].text()):
        raise keys["threshold"].error("must be a whole number")


def _media_types(
    keys: Mapping[str, Entry], ignore: Mapping[str, Entry]
) -> tuple[str, ...]:
    lists = [keys.get("ignoredmediatypes"), ignore.get("mediatypes")]
    items = [item for entry in lists if entry for item in entry.sequence()]
    for item in items:
        if "*" in item.text():
            raise item.error("is compared as a whole: name each media type")
    return tuple(dict.fromkeys(item.text() for item in items))


def _actions(ignore: Mapping[str, Entry]) -> tuple[str, ...]:
    items = ignore["actions"].sequence() if "actions" in ignore else []
    for item in items:
        if item.text() not in _ACTIONS:
            raise item.error(f"must be one of {', '.join(_ACTIONS)}")
    return tuple(dict.fromkeys(item.text() for item in items))


def _duration(entry: Entry) -> float:
    try:
        return parse_duration(entry.text())
    except ValueError as error:
        raise entry.error(str(error)) from None


def _switch(entry: Entry) -> bool:
    text = entry.text().lower()
    if text not in _TRUE | _FALSE:
        raise entry.error("must be true or false")
    return text in _TRUE
