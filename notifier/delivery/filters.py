"""Filters: which events an endpoint wants to hear of.

An event is wanted if every list that is given names it, and nothing in *exclude* does.
Without any list those are the pushes and deletes of manifests, which start most builds;
``"*"`` among actions or kinds stands for all, but for operational events, which are
told only to those who name them. Repositories, tags, media types, artifact types,
actors and the sources of ingested events are globs. An event that does not have what a
list is about, such as the push of an index's part, which has no tag, is named by
nothing in it, not even by ``*``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.rules import CHOICES, KEYS, Rule, make_rules
from notifier.events.event import Action, Event, Kind

_MAX_ITEMS = 100
_MAX_LENGTH = 255


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What an endpoint wants. A list that is empty leaves its matter open."""

    actions: tuple[str, ...] = (Action.PUSH, Action.DELETE)
    kinds: tuple[str, ...] = (Kind.MANIFEST,)
    repositories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    artifact_types: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    tag_changes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    exclude: "Filters | None" = None

    @classmethod
    def parse(cls, filters: Mapping[str, Any]) -> Self:
        """Read the JSON object of the API; raise `EndpointInvalid`."""
        parsed = cls.restore(filters)
        _refuse_nul(parsed, "filters")
        if parsed.exclude is not None:
            _refuse_nul(parsed.exclude, "filters.exclude")
        return parsed

    @classmethod
    def restore(cls, filters: Mapping[str, Any]) -> Self:
        """Read what `render` has written, maybe when more was allowed than today."""
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
            key: list(items) for key, items in self.lists().items()
        }
        if self.exclude is not None:
            lists["exclude"] = self.exclude.render()
        return lists

    def lists(self) -> dict[str, tuple[str, ...]]:
        """Return the lists that are not empty, but for what is excluded."""
        return {key: items for key in KEYS if (items := getattr(self, key))}

    def wants(self, event: Event) -> bool:
        """Tell whether an endpoint with these filters is to hear of *event*."""
        return self.refused_by(event) is None

    def refused_by(self, event: Event) -> Rule | None:
        """Return the first rule that refuses *event*, or None if it is wanted."""
        for rule in self._rules:
            if rule.refuses(event):
                return rule
        return None

    @cached_property
    def _rules(self) -> tuple[Rule, ...]:
        excluded = self.exclude.lists() if self.exclude else {}
        return (
            *make_rules(self.lists(), "filters", excludes=False),
            *make_rules(excluded, "filters.exclude", excludes=True),
        )


def _refuse_nul(filters: Filters, where: str) -> None:
    """Raise `EndpointInvalid` for what PostgreSQL cannot look for."""
    for key, items in filters.lists().items():
        if any("\0" in item for item in items):
            raise EndpointInvalid(f"{where}.{key}", "must not hold a NUL")


def _parsed(lists: Mapping[str, Any], where: str) -> dict[str, Any]:
    parsed = {}
    for key, items in lists.items():
        if key not in KEYS:
            raise EndpointInvalid(f"{where}.{key}", f"is none of {', '.join(KEYS)}")
        parsed[key] = _items(f"{where}.{key}", items, CHOICES.get(key))
    return parsed


def _items(field: str, items: Any, choices: Iterable[str] | None) -> tuple[str, ...]:
    if not isinstance(items, (list, tuple)) or not 0 < len(items) <= _MAX_ITEMS:
        raise EndpointInvalid(field, f"must be a list of 1 to {_MAX_ITEMS} texts")
    for item in items:
        if not isinstance(item, str) or not 0 < len(item) <= _MAX_LENGTH:
            raise EndpointInvalid(
                field, f"each must be a text of 1 to {_MAX_LENGTH} characters"
            )
        if choices and item not in choices:
            raise EndpointInvalid(field, f"each must be one of {', '.join(choices)}")
    return tuple(items)
