"""Decisions: whether a subject may do something, and what says so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from notifier.access import grants
from notifier.access.directory import find_subject
from notifier.access.grants import Grant
from notifier.access.permissions import Permissions
from notifier.access.permits import Permit
from notifier.access.standings import given_by, has_rows, subjects_of
from notifier.access.startup import may_be_open
from notifier.access.tables import UserRow
from notifier.config import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether *subject* may do something. If a *grant* decides, it is there."""

    subject: str
    allowed: bool
    reason: str
    grant: Grant | None = None


def decide(
    connection: sa.Connection,
    settings: Settings,
    name: str,
    permit: Permit,
    repository: str | None = None,
) -> Decision:
    """Decide as the server does, by the settings of this process.

    *name* is a subject, or the name of a user or robot. What an outside issuer's token
    says is not known here. Raises `AccessInvalid`.
    """
    subject = find_subject(connection, name)
    if _is_disabled(connection, subject):
        return Decision(subject=subject, allowed=False, reason="they are disabled")
    if _is_open(connection, settings):
        reason = "no access is configured, and only this machine reaches the server"
        return Decision(subject=subject, allowed=True, reason=reason)
    everybody = Permissions.of(given_by(settings.anonymous or ()))
    if everybody.allow(permit, repository):
        reason = "NOTIFIER_ANONYMOUS lets everybody do so"
        return Decision(subject=subject, allowed=True, reason=reason)
    subjects = subjects_of(connection, subject)
    for grant in _in_order(grants.list_for(connection, subjects), subjects):
        if grant.gives(permit, repository):
            reason = f"it is granted to {grant.subject}"
            return Decision(subject=subject, allowed=True, reason=reason, grant=grant)
    return Decision(subject=subject, allowed=False, reason="nothing grants it")


def _is_disabled(connection: sa.Connection, subject: str) -> bool:
    kind, _, name = subject.partition(":")
    row = sa.select(UserRow.disabled).where(UserRow.kind == kind, UserRow.name == name)
    return bool(connection.scalar(row))


def _is_open(connection: sa.Connection, settings: Settings) -> bool:
    return may_be_open(settings) and not has_rows(connection)


def _in_order(found: Sequence[Grant], subjects: Sequence[str]) -> Iterator[Grant]:
    """Yield what is granted to the subject itself first, and to everybody last."""
    yield from sorted(found, key=lambda grant: subjects.index(grant.subject))
