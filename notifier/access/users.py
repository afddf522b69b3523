"""Users: people and robots with a name of their own, and the groups they are in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from notifier.access.errors import AccessInvalid, NameTaken, TooMany, UserUnknown
from notifier.access.fields import checked_name, is_visible
from notifier.access.passwords import PasswordHash
from notifier.access.state import begin_change
from notifier.access.subjects import Kind, subject_of
from notifier.access.tables import (
    ApiTokenRow,
    GrantRow,
    MembershipRow,
    RefreshTokenRow,
    UserRow,
)
from notifier.db import Transaction, insert
from notifier.ids import made_at, uuid7

MAX_USERS: Final = 100_000
MAX_GROUPS: Final = 50

_ALL = sa.select(UserRow.__table__)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person or a robot, as they may be shown."""

    id: UUID
    name: str
    kind: Kind
    groups: tuple[str, ...]
    has_password: bool
    disabled: bool
    created_at: datetime
    updated_at: datetime

    @property
    def subject(self) -> str:
        """What grants call them."""
        return subject_of(self.kind, self.name)


def named(user: User) -> dict[str, str]:
    """Say which user it is, in the detail of an operational event."""
    return {"id": str(user.id), "name": user.name, "kind": user.kind.value}


def create(
    transaction: Transaction,
    *,
    name: str,
    kind: Kind = Kind.USER,
    password_hash: PasswordHash | None = None,
    groups: Collection[str] = (),
) -> User:
    """Add a user; raise `AccessInvalid`, `NameTaken` or `TooMany`.

    A password takes a while to hash: do so before the transaction begins.
    """
    connection = transaction.connection
    begin_change(connection)
    if _count(connection) >= MAX_USERS:
        raise TooMany("users", MAX_USERS)
    id_ = uuid7()
    key = connection.scalar(
        insert(connection, UserRow)
        .values(
            uuid=id_,
            name=checked_name(name),
            kind=kind.value,
            password_hash=password_hash,
            disabled=False,
            updated_at=datetime.now(UTC),
        )
        .on_conflict_do_nothing()
        .returning(UserRow.id)
    )
    if key is None:
        raise NameTaken(name)
    _join(connection, key, groups)
    return get(connection, id_)


def list_users(
    connection: sa.Connection, *, limit: int, after: UUID | None = None
) -> Sequence[User]:
    """List users, newest first, those made before the one called *after*."""
    statement = _ALL.order_by(UserRow.uuid.desc()).limit(limit)
    if after is not None:
        statement = statement.where(UserRow.uuid < after)
    return _users(connection, connection.execute(statement).all())


def get(connection: sa.Connection, id_: UUID) -> User:
    """Return a user; raise `UserUnknown`."""
    return _users(connection, [_get_row(connection, id_)])[0]


def find_by_name(connection: sa.Connection, name: str) -> User | None:
    """Return the user or robot of that name, or None."""
    if not is_visible(name, len(name)):
        # A zero byte, say, which PostgreSQL takes for a mistake of ours.
        return None
    rows = connection.execute(_ALL.where(UserRow.name == name)).all()
    found = _users(connection, rows)
    return found[0] if found else None


def set_password(
    transaction: Transaction, id_: UUID, password_hash: PasswordHash | None
) -> User:
    """Give a user another password, or none; raise `UserUnknown`.

    Clients that stay logged in by a refresh token have to log in again.
    """
    return _change(transaction, id_, password_hash=password_hash)


def set_disabled(transaction: Transaction, id_: UUID, *, disabled: bool) -> User:
    """Keep a user out, or let them in again; raise `UserUnknown`.

    API tokens of theirs wait; clients have to log in again.
    """
    return _change(transaction, id_, disabled=disabled)


def set_groups(transaction: Transaction, id_: UUID, groups: Collection[str]) -> User:
    """Put a user into these groups and no others.

    Raises `UserUnknown` or `AccessInvalid`.
    """
    connection = transaction.connection
    begin_change(connection)
    key = _get_row(connection, id_).id
    connection.execute(sa.delete(MembershipRow).where(MembershipRow.user_id == key))
    _join(connection, key, groups)
    _write(connection, key)
    return get(connection, id_)


def remove(transaction: Transaction, id_: UUID) -> User:
    """Remove a user, their grants and their tokens; raise `UserUnknown`.

    Who takes that name later has nothing of it.
    """
    connection = transaction.connection
    begin_change(connection)
    user = get(connection, id_)
    key = _get_row(connection, id_).id
    connection.execute(sa.delete(MembershipRow).where(MembershipRow.user_id == key))
    for table in (GrantRow, ApiTokenRow, RefreshTokenRow):
        own = sa.delete(table).where(table.subject == user.subject)
        connection.execute(own)
    connection.execute(sa.delete(UserRow).where(UserRow.id == key))
    return user


def _change(transaction: Transaction, id_: UUID, **values: Any) -> User:
    connection = transaction.connection
    begin_change(connection)
    row = _get_row(connection, id_)
    _write(connection, row.id, **values)
    subject = subject_of(Kind(row.kind), row.name)
    connection.execute(
        sa.delete(RefreshTokenRow).where(RefreshTokenRow.subject == subject)
    )
    return get(connection, id_)


def _write(connection: sa.Connection, key: int, **values: Any) -> None:
    """Write down what has changed about a user, and when."""
    connection.execute(
        sa.update(UserRow)
        .where(UserRow.id == key)
        .values(values | {"updated_at": datetime.now(UTC)})
    )


def _join(connection: sa.Connection, key: int, groups: Collection[str]) -> None:
    names = {checked_name(group, "groups") for group in groups}
    if len(names) > MAX_GROUPS:
        raise AccessInvalid("groups", f"a user can be in {MAX_GROUPS} at most")
    if names:
        connection.execute(
            sa.insert(MembershipRow),
            [{"group_name": name, "user_id": key} for name in sorted(names)],
        )


def _count(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(UserRow)) or 0


def _get_row(connection: sa.Connection, id_: UUID) -> sa.Row[Any]:
    row = connection.execute(_ALL.where(UserRow.uuid == id_)).one_or_none()
    if row is None:
        raise UserUnknown
    return row


def _users(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[User]:
    groups: dict[int, list[str]] = {row.id: [] for row in rows}
    members = (
        sa.select(MembershipRow.user_id, MembershipRow.group_name)
        .where(MembershipRow.user_id.in_(groups))
        .order_by(MembershipRow.group_name)
    )
    for key, group in connection.execute(members) if rows else ():
        groups[key].append(group)
    return [
        User(
            id=row.uuid,
            name=row.name,
            kind=Kind(row.kind),
            groups=tuple(groups[row.id]),
            has_password=row.password_hash is not None,
            disabled=row.disabled,
            created_at=made_at(row.uuid),
            updated_at=row.updated_at,
        )
        for row in rows
    ]
