"""Grants: which subject may do what, on which repositories."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa

from notifier.access.errors import GrantUnknown, TooMany
from notifier.access.fields import checked_globs, checked_permits
from notifier.access.permissions import EVERYWHERE, Permissions
from notifier.access.permits import Permit
from notifier.access.state import begin_change
from notifier.access.subjects import parse_subject
from notifier.access.tables import GrantRow
from notifier.db import Transaction
from notifier.ids import made_at, uuid7

# Of one subject.
MAX_GRANTS: Final = 100

_ALL = sa.select(GrantRow.__table__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A subject has *permits* on the repositories that any of some globs names."""

    id: UUID
    subject: str
    permits: tuple[Permit, ...]
    repositories: tuple[str, ...]
    created_at: datetime

    def gives(self, permit: Permit, repository: str | None = None) -> bool:
        """Tell whether it gives *permit* on *repository*; None: on any at all."""
        return permissions_of([self]).allow(permit, repository)


def described(grant: Grant) -> dict[str, Any]:
    """Say what is granted, in the detail of an operational event."""
    return {
        "id": str(grant.id),
        "subject": grant.subject,
        "permits": [permit.value for permit in grant.permits],
        "repositories": list(grant.repositories),
    }


def permissions_of(grants: Iterable[Grant]) -> Permissions:
    """Add up what *grants* give."""
    return Permissions.of((grant.permits, grant.repositories) for grant in grants)


def add(
    transaction: Transaction,
    *,
    subject: str,
    permits: Collection[str],
    repositories: Sequence[str] = EVERYWHERE,
) -> Grant:
    """Grant something; raise `AccessInvalid` or `TooMany`.

    Nobody of that name needs to be known here.
    """
    connection = transaction.connection
    subject = parse_subject(subject)
    given = checked_permits(permits)
    globs = checked_globs(repositories, given)
    begin_change(connection)
    if len(list_for(connection, [subject])) >= MAX_GRANTS:
        raise TooMany(f"grants of {subject}", MAX_GRANTS)
    id_ = uuid7()
    connection.execute(
        sa.insert(GrantRow).values(
            id=id_,
            subject=subject,
            permits=",".join(given),
            repositories=orjson.dumps(globs),
        )
    )
    return get(connection, id_)


def list_grants(
    connection: sa.Connection,
    *,
    limit: int,
    after: UUID | None = None,
    subject: str | None = None,
) -> Sequence[Grant]:
    """List grants, newest first, those made before the one called *after*.

    Raises `AccessInvalid` for a *subject* that is none.
    """
    statement = _ALL.order_by(GrantRow.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(GrantRow.id < after)
    if subject is not None:
        statement = statement.where(GrantRow.subject == parse_subject(subject))
    return [_grant(row) for row in connection.execute(statement)]


def list_for(connection: sa.Connection, subjects: Collection[str]) -> Sequence[Grant]:
    """List all grants of any of *subjects*, the oldest first."""
    statement = _ALL.where(GrantRow.subject.in_(subjects)).order_by(GrantRow.id)
    return [_grant(row) for row in connection.execute(statement)]


def get(connection: sa.Connection, id_: UUID) -> Grant:
    """Return a grant; raise `GrantUnknown`."""
    row = connection.execute(_ALL.where(GrantRow.id == id_)).one_or_none()
    if row is None:
        raise GrantUnknown
    return _grant(row)


def remove(transaction: Transaction, id_: UUID) -> Grant:
    """Take a grant away, and return it; raise `GrantUnknown`."""
    connection = transaction.connection
    begin_change(connection)
    grant = get(connection, id_)
    connection.execute(sa.delete(GrantRow).where(GrantRow.id == id_))
    return grant


def _grant(row: sa.Row[Any]) -> Grant:
    return Grant(
        id=row.id,
        subject=row.subject,
        permits=tuple(map(Permit, row.permits.split(","))),
        repositories=tuple(orjson.loads(row.repositories)),
        created_at=made_at(row.id),
    )
