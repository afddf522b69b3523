"""The configuration file: settings of ours, and what distribution's own file holds.

A whole configuration file of distribution's may be given. Its blocks ``notifications``
and ``auth`` count, and so do two of the variables that distribution reads in place of
the former. Other sections have no effect.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from notifier.config import auth, notifications
from notifier.config.document import Entry
from notifier.config.errors import ConfigError
from notifier.config.notifications import DeclaredEndpoint

OWN = "notifier"
NOTIFICATIONS = "notifications"
AUTH = "auth"

# The first does nothing there, either.
_VERSION = "version"
_SECTIONS = (
    "log",
    "loglevel",
    "storage",
    "middleware",
    "reporting",
    "http",
    "redis",
    "health",
    "catalog",
    "proxy",
    "compatibility",
    "validation",
    "policy",
)

_VARIABLES = "REGISTRY_NOTIFICATIONS_"
_ENDPOINTS = f"{_VARIABLES}ENDPOINTS"
# Not EVENTS: distribution names this one by a word of its source code.
_REFERENCES = f"{_VARIABLES}EVENTCONFIG_INCLUDEREFERENCES"


class Given(NamedTuple):
    """The text of a setting, and where it is from."""

    text: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """What the file says, and the variables that stand for parts of it.

    *settings* are texts by the name of the setting. *endpoints* is None if there is
    neither a file nor a variable, so that nothing is said of endpoints. *idle_keys* are
    those that have no effect here.
    """

    settings: Mapping[str, Given]
    endpoints: tuple[DeclaredEndpoint, ...] | None
    idle_keys: tuple[str, ...]

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read what ``NOTIFIER_CONFIG`` names, if anything; raise `ConfigError`."""
        _refuse_variables(environment)
        path = environment.get("NOTIFIER_CONFIG")
        sections = _sections(Path(path)) if path else {}
        block = _block(sections, notifications.KEYS, NOTIFICATIONS)
        listed = _listed(environment) or block.get("endpoints")
        endpoints = notifications.read_endpoints(listed) if listed else ()
        says_something = path or listed
        return cls(
            settings=dict(_settings(environment, sections, block)),
            endpoints=endpoints if says_something else None,
            idle_keys=tuple(_idle_keys(sections, endpoints)),
        )


def _sections(path: Path) -> dict[str, Entry]:
    document = Entry.read(path)
    if document is None:
        return {}
    return document.mapping(OWN, NOTIFICATIONS, AUTH, _VERSION, *_SECTIONS)


def _block(
    sections: Mapping[str, Entry], keys: tuple[str, ...], name: str
) -> dict[str, Entry]:
    return sections[name].mapping(*keys) if name in sections else {}


def _settings(
    environment: Mapping[str, str],
    sections: Mapping[str, Entry],
    block: Mapping[str, Entry],
) -> Iterator[tuple[str, Given]]:
    """Find the settings; of two with the same name, the latter counts."""
    events = _block(block, notifications.EVENT_KEYS, "events")
    if entry := events.get("includereferences"):
        yield "event_references", _given(entry)
    if text := environment.get(_REFERENCES):
        yield "event_references", Given(text, _REFERENCES)
    if AUTH in sections:
        for name, entry in auth.read_settings(sections[AUTH]):
            yield name, _given(entry)
    own = sections[OWN].mapping() if OWN in sections else {}
    for name, entry in own.items():
        if name == "config":
            raise entry.error("is for the environment to set: take it out")
        if entry.text():
            yield name, _given(entry)


def _given(entry: Entry) -> Given:
    return Given(entry.text(), f"{entry.place}: {entry.key}")


def _listed(environment: Mapping[str, str]) -> Entry | None:
    """Read the list of endpoints that a variable holds, which replaces the file's."""
    content = os.fsencode(environment.get(_ENDPOINTS, ""))
    return Entry.parse(content, _ENDPOINTS, f"{NOTIFICATIONS}.endpoints")


def _refuse_variables(environment: Mapping[str, str]) -> None:
    for name in environment:
        if name.startswith(_VARIABLES) and name not in {_ENDPOINTS, _REFERENCES}:
            raise ConfigError(
                f"{name} is not read: write the whole list in {_ENDPOINTS}, or a file "
                "that NOTIFIER_CONFIG names"
            )


def _idle_keys(
    sections: Mapping[str, Entry], endpoints: tuple[DeclaredEndpoint, ...]
) -> Iterator[str]:
    yield from (name for name in _SECTIONS if name in sections)
    if AUTH in sections:
        yield from auth.idle_keys(sections[AUTH])
    used = {key for endpoint in endpoints for key in endpoint.idle_keys}
    yield from (f"{NOTIFICATIONS}.endpoints.{key}" for key in sorted(used))
