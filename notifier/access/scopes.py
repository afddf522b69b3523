"""Scopes: what a client asks of a token, and what a token says.

The grammar is that of the registry token specification:
https://distribution.github.io/distribution/spec/auth/scope/

    scope         := resourcescope (' ' resourcescope)*
    resourcescope := type ['(' class ')'] ':' name ':' action (',' action)*

A name may begin with a host and its port, so it may hold a colon, too.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from notifier.access.caller import Caller
from notifier.access.permits import REPOSITORY_PERMITS, Permit

REPOSITORY: Final = "repository"
CATALOG: Final = ("registry", "catalog")
ALL: Final = "*"

MAX_SCOPES: Final = 64
MAX_LENGTH: Final = 8192

_MAX_NAME = 320
_MAX_ACTIONS = 16
_TYPE = re.compile(r"([a-z0-9]{1,32})(?:\(([a-z0-9]{1,32})\))?", re.ASCII)
_HOST = r"(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*", re.ASCII)
_ACTION = re.compile(r"[a-z]{0,32}|\*", re.ASCII)


class ScopeInvalid(Exception):
    """A scope is not written as the specification has it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Actions on one resource. The class, which is deprecated, has no meaning here."""

    type: str
    name: str
    actions: tuple[str, ...]
    class_: str | None = None

    @property
    def is_catalog(self) -> bool:
        """Tell whether it is about the list of all repositories."""
        return (self.type, self.name) == CATALOG and ALL in self.actions

    @property
    def permits(self) -> Sequence[Permit]:
        """The permits on a repository that its actions stand for."""
        if self.type != REPOSITORY:
            return ()
        if ALL in self.actions:
            return REPOSITORY_PERMITS
        return [permit for permit in REPOSITORY_PERMITS if permit in self.actions]

    def __str__(self) -> str:
        """Write it by the grammar."""
        class_ = f"({self.class_})" if self.class_ else ""
        return f"{self.type}{class_}:{self.name}:{','.join(self.actions)}"


def parse_scopes(texts: Iterable[str]) -> tuple[Scope, ...]:
    """Read what the parameters called ``scope`` ask for; raise `ScopeInvalid`.

    Several scopes may stand in one text, with spaces between. Of one resource that is
    asked for twice, the actions are added up.
    """
    parts = [part for text in texts for part in _checked_length(text).split()]
    if len(parts) > MAX_SCOPES:
        raise ScopeInvalid(f"more than {MAX_SCOPES} scopes are too many")
    found: dict[tuple[str, str], Scope] = {}
    for part in parts:
        scope = parse_scope(part)
        known = found.setdefault((scope.type, scope.name), scope)
        actions = tuple(dict.fromkeys((*known.actions, *scope.actions)))
        found[scope.type, scope.name] = replace(known, actions=actions)
    return tuple(found.values())


def parse_scope(text: str) -> Scope:
    """Read one scope; raise `ScopeInvalid`."""
    head, _, rest = text.partition(":")
    name, _, listed = rest.rpartition(":")
    kind, actions = _TYPE.fullmatch(head), listed.split(",", _MAX_ACTIONS)
    is_scope = is_name(name) and all(map(_ACTION.fullmatch, actions))
    if kind is None or not is_scope or len(actions) > _MAX_ACTIONS:
        raise ScopeInvalid("a scope is written like repository:team/app:pull,push")
    return Scope(kind[1], name, tuple(dict.fromkeys(filter(None, actions))), kind[2])


def is_name(text: str) -> bool:
    """Tell whether a scope can name something so; no glob is such a name."""
    return len(text) <= _MAX_NAME and _NAME.fullmatch(text) is not None


def granted(asked: Iterable[Scope], caller: Caller) -> tuple[Scope, ...]:
    """Return what *caller* may do of what is asked: what is left of each resource.

    ``*`` on a repository becomes the actions that it stands for. Nothing is left of a
    type that nobody here knows.
    """
    left = (replace(scope, actions=_granted(scope, caller)) for scope in asked)
    return tuple(scope for scope in left if scope.actions)


def _granted(scope: Scope, caller: Caller) -> tuple[str, ...]:
    if scope.is_catalog:
        return (ALL,) if caller.catalog_globs() else ()
    return tuple(
        permit.value for permit in scope.permits if caller.may(permit, scope.name)
    )


def _checked_length(text: str) -> str:
    if len(text) > MAX_LENGTH:
        raise ScopeInvalid(f"a scope has {MAX_LENGTH} characters at most")
    return text
