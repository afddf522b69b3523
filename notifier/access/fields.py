"""What names, repositories and permits may be."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from notifier.access.errors import AccessInvalid
from notifier.access.permissions import EVERYWHERE
from notifier.access.permits import UNLIMITED, Permit, sorted_permits

MAX_GLOBS: Final = 50

_MAX_NAME = 100
# A colon ends the name in Basic credentials, and the kind in a subject.
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._@+-]{{0,{_MAX_NAME - 1}}}")
_MAX_LABEL = 100
_MAX_GLOB = 255
# What the name of a repository can hold, and the gaps.
_GLOB = re.compile(rf"[a-z0-9._/*-]{{1,{_MAX_GLOB}}}")


def checked_name(name: str, field: str = "name") -> str:
    """Return *name* if a user, a robot or a group can be called so.

    Raises `AccessInvalid`.
    """
    if not _NAME.fullmatch(name):
        raise AccessInvalid(
            field,
            f"must have 1 to {_MAX_NAME} of the characters A-Z a-z 0-9 . _ @ + - "
            "and begin with a letter or digit",
        )
    return name


def checked_label(name: str) -> str:
    """Return *name* if a token can be called so; raise `AccessInvalid`."""
    return checked_visible(name, "name", _MAX_LABEL)


def checked_visible(text: str, field: str, limit: int) -> str:
    """Return *text* if it may be shown in a line; raise `AccessInvalid`."""
    if not is_visible(text, limit):
        raise AccessInvalid(
            field,
            f"must have 1 to {limit} visible characters, without space at its ends",
        )
    return text


def is_visible(text: str, limit: int) -> bool:
    """Tell whether *text* may be shown in a line."""
    return 0 < len(text) <= limit and text.isprintable() and text == text.strip()


def checked_permits(permits: Iterable[str]) -> tuple[Permit, ...]:
    """Return the permits called so, in a fixed order; raise `AccessInvalid`."""
    names = set(permits)
    if not names or names - set(Permit):
        raise AccessInvalid("permits", f"must be one or more of {', '.join(Permit)}")
    return sorted_permits(map(Permit, names))


def checked_globs(globs: Sequence[str], permits: Collection[Permit]) -> tuple[str, ...]:
    """Return *globs* if *permits* can be given on them; raise `AccessInvalid`."""
    if not 0 < len(globs) <= MAX_GLOBS:
        raise AccessInvalid("repositories", f"must be 1 to {MAX_GLOBS} globs")
    for glob in globs:
        if not _GLOB.fullmatch(glob):
            raise AccessInvalid(
                "repositories",
                f"each must be a glob of 1 to {_MAX_GLOB} of the characters "
                "a-z 0-9 . _ / - *: team/app, team/*, team/**",
            )
    roles = UNLIMITED.intersection(permits)
    if roles and tuple(globs) != EVERYWHERE:
        raise AccessInvalid(
            "repositories",
            f"{' and '.join(sorted(roles))} can be given on ** only: "
            "such a role knows no repositories",
        )
    return tuple(dict.fromkeys(globs))
