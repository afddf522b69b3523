"""Filters: which events an endpoint wants to hear of.

An event is wanted if every list that is given names it, and nothing in *exclude* does.
Without any list those are the pushes and deletes of manifests, which start most builds;
``"*"`` among actions or kinds stands for all. Repositories, tags and media types are
globs. An event without a tag, such as the push of an index's part, is not wanted where
tags are asked for, not even with ``*``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.globs import matches
from notifier.events.event import Action, Event, Kind

ALL = "*"
KEYS = ("actions", "kinds", "repositories", "tags", "media_types")

_CHOICES = {
    "actions": {ALL, Action.PUSH, Action.PULL, Action.MOUNT, Action.DELETE},
    "kinds": {ALL, *Kind},
}
_MAX_ITEMS = 100
_MAX_LENGTH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What an endpoint wants. A list that is empty leaves its matter open."""

    actions: tuple[str, ...] = (Action.PUSH, Action.DELETE)
    kinds: tuple[str, ...] = (Kind.MANIFEST,)
    repositories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    exclude: "Filters | None" = None

    @classmethod
    def parse(cls, filters: Mapping[str, Any]) -> Self:
        """Read the JSON object of the API; raise `EndpointInvalid`."""
        if not isinstance(filters, Mapping):
            raise EndpointInvalid("filters", "must be an object")
        lists = {key: value for key, value in filters.items() if key != "exclude"}
        wanted = cls(**_parsed(lists, "filters"))
        if (exclude := filters.get("exclude")) is None:
            return wanted
        if not isinstance(exclude, Mapping):
            raise EndpointInvalid("filters.exclude", "must be an object")
        nothing: dict[str, Any] = dict.fromkeys(KEYS, ())
        excluded = cls(**nothing | _parsed(exclude, "filters.exclude"))
        return replace(wanted, exclude=excluded)

    def render(self) -> dict[str, Any]:
        """Return the JSON object of the API, defaults filled in."""
        lists: dict[str, Any] = {
            key: list(items) for key in KEYS if (items := getattr(self, key))
        }
        if self.exclude is not None:
            lists["exclude"] = self.exclude.render()
        return lists

    def wants(self, event: Event) -> bool:
        """Tell whether an endpoint with these filters is to hear of *event*."""
        excluded = self.exclude is not None and any(_verdicts(self.exclude, event))
        return not excluded and all(_verdicts(self, event))


def _verdicts(filters: Filters, event: Event) -> Iterator[bool]:
    """Tell of each list that is given whether it names *event*."""
    target = event.target
    descriptor = target.descriptor
    if filters.actions:
        yield ALL in filters.actions or event.action in filters.actions
    if filters.kinds:
        yield ALL in filters.kinds or target.kind in filters.kinds
    if filters.repositories:
        yield _names(filters.repositories, target.repository)
    if filters.tags:
        yield _names(filters.tags, target.tag)
    if filters.media_types:
        media_type = descriptor.media_type if descriptor else None
        yield _names(filters.media_types, media_type)


def _names(patterns: tuple[str, ...], name: str | None) -> bool:
    return name is not None and any(matches(pattern, name) for pattern in patterns)


def _parsed(lists: Mapping[str, Any], where: str) -> dict[str, Any]:
    parsed = {}
    for key, items in lists.items():
        if key not in KEYS:
            raise EndpointInvalid(f"{where}.{key}", f"is none of {', '.join(KEYS)}")
        parsed[key] = _items(f"{where}.{key}", items, _CHOICES.get(key))
    return parsed


def _items(field: str, items: Any, choices: set[str] | None) -> tuple[str, ...]:
    if not isinstance(items, (list, tuple)) or not 0 < len(items) <= _MAX_ITEMS:
        raise EndpointInvalid(field, f"must be a list of 1 to {_MAX_ITEMS} texts")
    for item in items:
        if not isinstance(item, str) or not 0 < len(item) <= _MAX_LENGTH:
            raise EndpointInvalid(
                field, f"each must be a text of 1 to {_MAX_LENGTH} characters"
            )
        if choices and item not in choices:
            raise EndpointInvalid(field, f"each must be one of {_listed(choices)}")
    return tuple(items)


def _listed(choices: set[str]) -> str:
    return ", ".join(sorted(str(choice) for choice in choices))
