"""Standings: who has which name, and what they may do; read once and remembered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from notifier.access import api_tokens, grants
from notifier.access.api_tokens import ApiToken
from notifier.access.caller import Caller, Credential
from notifier.access.errors import TokenUnknown
from notifier.access.grants import Grant
from notifier.access.permissions import EVERYWHERE, Given, Permissions
from notifier.access.permits import Permit
from notifier.access.recent import Recent
from notifier.access.subjects import (
    ANONYMOUS,
    AUTHENTICATED,
    Kind,
    subject_of,
    subject_of_group,
)
from notifier.access.tables import GrantRow, MembershipRow, UserRow
from notifier.db import Database

_MAX_ACCOUNTS = 10_000
_MAX_TOKENS = 10_000
_ALL: Final = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody by their name. Who has no row is known to others at most."""

    name: str
    kind: Kind
    has_row: bool
    disabled: bool
    password_hash: str | None = field(repr=False)
    given: Sequence[Given] = field(repr=False)
    permissions: Permissions = field(repr=False)

    @property
    def subject(self) -> str:
        """What grants call them."""
        return subject_of(self.kind, self.name)

    def caller(self, credential: Credential) -> Caller:
        """Return them as the sender of a request, who has proved their name."""
        return Caller(self.name, credential, self.permissions, subject=self.subject)


class Standings:
    """What the database says about access, at one time. Threads may share it.

    *words* are what the settings let everybody do.
    """

    def __init__(self, database: Database, words: Collection[str] = ()) -> None:
        self._database = database
        self._words = words
        self._accounts: Recent[tuple[str, bool], Account] = Recent(_MAX_ACCOUNTS)
        self._tokens: Recent[object, ApiToken] = Recent(_MAX_TOKENS)
        self._everybody: Sequence[Given] | None = None
        self._has_rows: bool | None = None

    def has_rows(self) -> bool:
        """Tell whether there is any user, or any grant."""
        if self._has_rows is None:
            with self._database.read() as connection:
                self._has_rows = has_rows(connection)
        return self._has_rows

    def everybody(self) -> Sequence[Given]:
        """Return what everybody is given, whether they have a name or not."""
        if self._everybody is None:
            with self._database.read() as connection:
                found = grants.list_for(connection, [ANONYMOUS])
            self._everybody = (*_given(found), *given_by(self._words))
        return self._everybody

    def by_login(self, name: str) -> Account:
        """Return whoever logs in by *name*: a user or a robot, or of another list."""
        return self._account(name, is_outside=False)

    def by_outside_name(self, name: str) -> Account:
        """Return whom an outside issuer calls so: never a robot."""
        return self._account(name, is_outside=True)

    def find_token(self, digest: bytes) -> ApiToken | None:
        """Return the API token of that digest, or None."""
        found = self._tokens.get(digest)
        if found is None:
            with self._database.read() as connection:
                found = api_tokens.find(connection, digest)
            if found is not None:
                self._tokens.put(digest, found)
        return found

    def find_token_by_id(self, id_: UUID) -> ApiToken | None:
        """Return the API token of that id, or None."""
        found = self._tokens.get(id_)
        if found is None:
            try:
                with self._database.read() as connection:
                    found = api_tokens.get(connection, id_)
            except TokenUnknown:
                return None
            self._tokens.put(id_, found)
        return found

    def _account(self, name: str, *, is_outside: bool) -> Account:
        known = self._accounts.get((name, is_outside))
        if known is None:
            known = self._read_account(name, is_outside=is_outside)
            self._accounts.put((name, is_outside), known)
        return known

    def _read_account(self, name: str, *, is_outside: bool) -> Account:
        with self._database.read() as connection:
            row = _find_row(connection, name)
            if row is not None and is_outside and row.kind != Kind.USER:
                row = None
            kind = Kind.USER if row is None else Kind(row.kind)
            subjects = subjects_of(connection, subject_of(kind, name))
            found = grants.list_for(connection, subjects[:-1])
        given = (*_given(found), *self.everybody())
        return Account(
            name=name,
            kind=kind,
            has_row=row is not None,
            disabled=row is not None and row.disabled,
            password_hash=None if row is None else row.password_hash,
            given=given,
            permissions=Permissions.of(given),
        )


def has_rows(connection: sa.Connection) -> bool:
    """Tell whether there is any user, or any grant."""
    there_is = sa.or_(sa.select(UserRow.id).exists(), sa.select(GrantRow.id).exists())
    return bool(connection.scalar(sa.select(there_is)))


def subjects_of(connection: sa.Connection, subject: str) -> Sequence[str]:
    """List all whose grants count for *subject*: itself first, everybody last."""
    if subject == ANONYMOUS:
        return (ANONYMOUS,)
    kind, _, name = subject.partition(":")
    groups = connection.scalars(
        sa.select(MembershipRow.group_name)
        .join(UserRow)
        .where(UserRow.name == name, UserRow.kind == kind)
        .order_by(MembershipRow.group_name)
    )
    named = [subject, *map(subject_of_group, groups), AUTHENTICATED, ANONYMOUS]
    return tuple(dict.fromkeys(named))


def _find_row(connection: sa.Connection, name: str) -> sa.Row[Any] | None:
    statement = sa.select(UserRow.__table__).where(UserRow.name == name)
    return connection.execute(statement).one_or_none()


def _given(found: Sequence[Grant]) -> Sequence[Given]:
    return [(grant.permits, grant.repositories) for grant in found]


def given_by(words: Collection[str]) -> Sequence[Given]:
    """Return what *words* of the settings let everybody do."""
    permits = [Permit.ADMIN] if _ALL in words else list(map(Permit, words))
    return [(permits, EVERYWHERE)] if permits else []
