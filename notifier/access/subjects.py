"""Subjects: those who are granted something, as texts.

``user:alice``, ``robot:ci`` and ``group:team``; ``anonymous``, which is everybody; and
``authenticated``, which is whoever has proved a name. The users of an htpasswd file
and those of an outside issuer are ``user:`` and their name, and need no row.
"""

from enum import StrEnum
from typing import Final

from notifier.access.errors import AccessInvalid
from notifier.access.fields import checked_name, checked_visible

ANONYMOUS: Final = "anonymous"
AUTHENTICATED: Final = "authenticated"

MAX_OUTSIDE_NAME: Final = 255

_GROUP = "group"


class Kind(StrEnum):
    """Whether a user is a person or a program."""

    USER = "user"
    ROBOT = "robot"


def subject_of(kind: Kind, name: str) -> str:
    """Return what grants call a user."""
    return f"{kind}:{name}"


def subject_of_group(name: str) -> str:
    """Return what grants call a group."""
    return f"{_GROUP}:{name}"


def parse_subject(text: str) -> str:
    """Return *text* if it names a subject; raise `AccessInvalid`."""
    if text in {ANONYMOUS, AUTHENTICATED}:
        return text
    kind, _, name = text.partition(":")
    if kind == Kind.USER:
        return subject_of(Kind.USER, checked_visible(name, "subject", MAX_OUTSIDE_NAME))
    if kind in {Kind.ROBOT, _GROUP}:
        return f"{kind}:{checked_name(name, 'subject')}"
    raise AccessInvalid(
        "subject",
        "must be user:NAME, robot:NAME, group:NAME, authenticated or anonymous",
    )
