"""Rules: each list of an endpoint's filters, put to one event after the other.

Every push and pull waits for this, once for each endpoint.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

from notifier.events.event import OPERATIONAL, Action, Event, Kind, TagChange
from notifier.globs import matches

ALL = "*"

# Operational events go only to those who name them.
_ALL_ACTIONS = (Action.PUSH, Action.PULL, Action.MOUNT, Action.DELETE)
CHOICES: dict[str, tuple[str, ...]] = {
    "actions": (ALL, *_ALL_ACTIONS, *sorted(OPERATIONAL)),
    "kinds": (ALL, *Kind),
    "tag_changes": tuple(TagChange),
}

_Read = Callable[[Event], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One list of the filters, and which matter of an event it is about.

    *name* says where it stands, such as ``filters.exclude.tags``. It *excludes* what it
    names, or refuses all else.
    """

    name: str
    noun: str
    read: _Read
    names: frozenset[str]
    globs: tuple[str, ...]
    names_all: bool
    names_none: bool
    excludes: bool

    def refuses(self, event: Event) -> bool:
        """Tell whether *event* is not wanted because of this rule."""
        return self._is_named(self.read(event)) is self.excludes

    def describe(self, event: Event) -> str:
        """Say why it refuses *event*."""
        text = self.read(event)
        if self.excludes:
            return f"the {self.noun} {text or '(none)'} is excluded"
        if text is None:
            return f"it has no {self.noun}, and {self.name} asks for one"
        return f"the {self.noun} {text} is not among {self.name}"

    def _is_named(self, text: str | None) -> bool:
        if text is None:
            return self.names_none
        if self.names_all:
            return True
        if text in self.names:
            return True
        for glob in self.globs:  # noqa: SIM110 - a generator costs more than the look
            if matches(glob, text):
                return True
        return False


def expand_actions(items: tuple[str, ...]) -> tuple[str, ...]:
    """Write out what ``*`` stands for among actions: not for everything."""
    if ALL in items:
        return (*_ALL_ACTIONS, *(item for item in items if item != ALL))
    return items


def make_rules(
    lists: Mapping[str, tuple[str, ...]], where: str, *, excludes: bool
) -> Iterator[Rule]:
    """Make a rule of each list that can refuse anything."""
    for key, given in lists.items():
        items = expand_actions(given) if key == "actions" else given
        names_all = key in CHOICES and ALL in items
        if names_all and not excludes:
            continue
        noun, read = _MATTERS[key]
        yield Rule(
            name=f"{where}.{key}",
            noun=noun,
            read=read,
            names=frozenset(item for item in items if "*" not in item),
            globs=tuple(item for item in items if "*" in item),
            names_all=names_all,
            # Operational events have no kind, and are asked for by their actions.
            names_none=names_all or (key == "kinds" and not excludes),
            excludes=excludes,
        )


def _media_type(event: Event) -> str | None:
    descriptor = event.target.descriptor
    return descriptor.media_type if descriptor else None


def _source(event: Event) -> str | None:
    return event.ingested.source if event.ingested else None


_MATTERS: dict[str, tuple[str, _Read]] = {
    "actions": ("action", attrgetter("action")),
    "kinds": ("kind", attrgetter("target.kind")),
    "repositories": ("repository", attrgetter("target.repository")),
    "tags": ("tag", attrgetter("target.tag")),
    "media_types": ("media type", _media_type),
    "artifact_types": ("artifact type", attrgetter("target.artifact_type")),
    "actors": ("actor", attrgetter("actor")),
    "tag_changes": ("tag change", attrgetter("tag_change")),
    "sources": ("source", _source),
}
KEYS = tuple(_MATTERS)
