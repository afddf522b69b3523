"""Options that say which events an endpoint wants to hear of."""

from collections.abc import Callable
from typing import Any

import click

from notifier.delivery.filters import Filters
from notifier.delivery.rules import KEYS

_HELP = {
    "actions": "push, pull, mount, delete, or * for all.",
    "kinds": "manifest, blob, or * for both.",
    "repositories": "Only repositories like this: team/*, library/**.",
    "tags": "Only tags like this: v*, latest.",
    "media_types": "Only media types like this.",
    "artifact_types": "Only manifests of artifact types like this.",
    "actors": "Only what actors of names like this do.",
    "tag_changes": "new, moved or unchanged: what a push did to its tag.",
    "sources": "Only what other registries tell sources of names like this.",
}
_DEFAULTS = {
    "actions": " [default: push and delete]",
    "kinds": " [default: manifest]",
}
_SINGULAR = {
    "actions": "action",
    "kinds": "kind",
    "repositories": "repository",
    "tags": "tag",
    "media_types": "media-type",
    "artifact_types": "artifact-type",
    "actors": "actor",
    "tag_changes": "tag-change",
    "sources": "source",
}
_EXCLUDE = "exclude_"


def wish_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each list of the filters, to be given any number of times."""
    return _add_options(function, _DEFAULTS)


def narrowing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the same options where a list that is not given leaves its matter open."""
    return _add_options(function, {})


def take_filters(options: dict[str, Any]) -> Filters | None:
    """Take the options above out of *options*; return None if none was given.

    Raises `EndpointInvalid`.
    """
    lists = take_lists(options)
    return Filters.parse(lists) if lists else None


def take_lists(options: dict[str, Any]) -> dict[str, Any]:
    """Take the options above out of *options*; return the JSON object that they make.

    It is empty if none was given.
    """
    lists = {key: list(given) for key in KEYS if (given := options.pop(key))}
    exclude = {
        key: list(given) for key in KEYS if (given := options.pop(_EXCLUDE + key))
    }
    return {**lists, "exclude": exclude} if exclude else lists


def describe(filters: Filters) -> str:
    """Say in words what *filters* want."""
    rendered = filters.render()
    exclude = rendered.pop("exclude", {})
    wanted = [_list(key, items) for key, items in rendered.items()]
    unwanted = [f"not {_list(key, items)}" for key, items in exclude.items()]
    return "; ".join([*wanted, *unwanted])


def _add_options(
    function: Callable[..., Any], defaults: dict[str, str]
) -> Callable[..., Any]:
    for key in reversed(KEYS):
        option = _SINGULAR[key]
        text = f"Not what has this {option.replace('-', ' ')}."
        exclude = click.option(
            f"--exclude-{option}", _EXCLUDE + key, multiple=True, help=text
        )
        function = exclude(function)
    for key in reversed(KEYS):
        include = click.option(
            f"--{_SINGULAR[key]}",
            key,
            multiple=True,
            help=_HELP[key] + defaults.get(key, ""),
        )
        function = include(function)
    return function


def _list(key: str, items: list[str]) -> str:
    return f"{key.replace('_', ' ')} {', '.join(items)}"
