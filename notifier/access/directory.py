"""The directory: whom a name means, and who is known at all."""

import sqlalchemy as sa

from notifier.access.fields import is_visible
from notifier.access.htpasswd import Htpasswd
from notifier.access.passwords import Passwords
from notifier.access.subjects import (
    ANONYMOUS,
    AUTHENTICATED,
    Kind,
    parse_subject,
    subject_of,
)
from notifier.access.tables import UserRow
from notifier.config import Settings


def find_subject(connection: sa.Connection, name: str) -> str:
    """Return the subject that *name* is, or that the user or robot of that name is.

    Somebody of whom nothing is known is taken for a user of another list. Raises
    `AccessInvalid`.
    """
    if ":" in name or name in {ANONYMOUS, AUTHENTICATED}:
        return parse_subject(name)
    kind = connection.scalar(sa.select(UserRow.kind).where(UserRow.name == name))
    return parse_subject(subject_of(Kind(kind or Kind.USER), name))


def is_known(connection: sa.Connection, settings: Settings, subject: str) -> bool:
    """Tell whether there is a user or a robot, or a line of the htpasswd file.

    Only theirs are API tokens: whether somebody is still known to an outside issuer,
    nobody here can tell. Raises `ConfigError` if the file cannot be read.
    """
    if not is_visible(subject, len(subject)):
        return False
    kind, _, name = subject.partition(":")
    row = sa.select(UserRow.id).where(UserRow.kind == kind, UserRow.name == name)
    if connection.scalar(row) is not None:
        return True
    htpasswd = Htpasswd.open(settings, Passwords())
    is_listed = htpasswd is not None and htpasswd.find(name) is not None
    return kind == Kind.USER and is_listed
