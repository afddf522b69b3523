"""API tokens: for programs that use the registry or the REST API.

A token may do what its owner may, as far as its own permits and repositories go.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa

from notifier.access.errors import AccessInvalid, NameTaken, TokenUnknown, TooMany
from notifier.access.fields import checked_globs, checked_label, checked_permits
from notifier.access.permissions import EVERYWHERE, Permissions
from notifier.access.permits import Permit
from notifier.access.state import begin_change
from notifier.access.subjects import Kind, parse_subject
from notifier.access.tables import ApiTokenRow
from notifier.access.token_text import digest_of, new_token
from notifier.db import Transaction
from notifier.ids import made_at, uuid7

# Living ones of one subject.
MAX_TOKENS: Final = 100
# Those of one subject, living or not: beyond, the oldest that were revoked go.
MAX_SHOWN: Final = 1000
USE_EVERY: Final = timedelta(minutes=1)

_ALL = sa.select(ApiTokenRow.__table__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """An API token, as it may be shown: its text is not."""

    id: UUID
    subject: str
    name: str
    permits: tuple[Permit, ...]
    repositories: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def has_expired(self, now: datetime) -> bool:
        """Tell whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now

    @property
    def permissions(self) -> Permissions:
        """What it may do at most; as an admin, all that its owner may."""
        return Permissions.of([(self.permits, self.repositories)])


def described(token: ApiToken) -> dict[str, Any]:
    """Say which token it is, in the detail of an operational event."""
    return {
        "id": str(token.id),
        "subject": token.subject,
        "name": token.name,
        "permits": [permit.value for permit in token.permits],
        "repositories": list(token.repositories),
    }


def create(
    transaction: Transaction,
    *,
    subject: str,
    name: str,
    permits: Collection[str],
    repositories: Sequence[str] = EVERYWHERE,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for a user or a robot; return it and its text.

    That is never shown again. Raises `AccessInvalid`, `NameTaken` if the subject has a
    living token of that name, or `TooMany`.
    """
    connection, now = transaction.connection, datetime.now(UTC)
    given = checked_permits(permits)
    id_ = uuid7()
    values = {
        "id": id_,
        "subject": _checked_subject(subject),
        "name": checked_label(name),
        "permits": ",".join(given),
        "repositories": orjson.dumps(checked_globs(repositories, given)),
        "expires_at": _checked_end(expires_at, now),
    }
    begin_change(connection)
    names = list(connection.scalars(_living_names(subject, now)))
    if name in names:
        raise NameTaken(name)
    if len(names) >= MAX_TOKENS:
        raise TooMany(f"tokens of {subject}", MAX_TOKENS)
    text = new_token()
    connection.execute(
        sa.insert(ApiTokenRow).values(values | {"digest": digest_of(text)})
    )
    _forget_ended(connection, subject)
    return get(connection, id_), text


def list_tokens(
    connection: sa.Connection,
    *,
    limit: int,
    after: UUID | None = None,
    subject: str | None = None,
) -> Sequence[ApiToken]:
    """List tokens, newest first, those made before the one called *after*.

    Tokens that have expired or were revoked are among them for some time. Raises
    `AccessInvalid` for a *subject* that is none.
    """
    statement = _ALL.order_by(ApiTokenRow.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(ApiTokenRow.id < after)
    if subject is not None:
        statement = statement.where(ApiTokenRow.subject == parse_subject(subject))
    return [_token(row) for row in connection.execute(statement)]


def get(connection: sa.Connection, id_: UUID) -> ApiToken:
    """Return a token; raise `TokenUnknown`."""
    row = connection.execute(_ALL.where(ApiTokenRow.id == id_)).one_or_none()
    if row is None:
        raise TokenUnknown
    return _token(row)


def find(connection: sa.Connection, digest: bytes) -> ApiToken | None:
    """Return the token of that digest, living or not, or None."""
    row = connection.execute(_ALL.where(ApiTokenRow.digest == digest)).one_or_none()
    return None if row is None else _token(row)


def revoke(transaction: Transaction, id_: UUID) -> ApiToken:
    """Let a token be good for nothing any more; raise `TokenUnknown`."""
    connection = transaction.connection
    begin_change(connection)
    if get(connection, id_).revoked_at is not None:
        raise TokenUnknown
    connection.execute(
        sa.update(ApiTokenRow)
        .where(ApiTokenRow.id == id_)
        .values(revoked_at=datetime.now(UTC))
    )
    return get(connection, id_)


def note_use(transaction: Transaction, id_: UUID, now: datetime) -> None:
    """Write down that a token was used, unless that was written a minute ago."""
    latest = ApiTokenRow.last_used_at
    transaction.execute(
        sa.update(ApiTokenRow)
        .where(
            ApiTokenRow.id == id_, sa.or_(latest.is_(None), latest <= now - USE_EVERY)
        )
        .values(last_used_at=now)
    )


def _forget_ended(connection: sa.Connection, subject: str) -> None:
    """Bound what somebody can make us keep whose tokens are revoked, or expire."""
    own = ApiTokenRow.subject == subject
    newest = (
        sa.select(ApiTokenRow.id)
        .where(own)
        .order_by(ApiTokenRow.id.desc())
        .limit(MAX_SHOWN)
    )
    connection.execute(
        sa.delete(ApiTokenRow).where(
            own,
            sa.or_(
                ApiTokenRow.revoked_at.is_not(None),
                ApiTokenRow.expires_at <= datetime.now(UTC),
            ),
            ApiTokenRow.id.not_in(newest),
        )
    )


def _living_names(subject: str, now: datetime) -> sa.Select[str]:
    ends = ApiTokenRow.expires_at
    return sa.select(ApiTokenRow.name).where(
        ApiTokenRow.subject == subject,
        ApiTokenRow.revoked_at.is_(None),
        sa.or_(ends.is_(None), ends > now),
    )


def _checked_subject(subject: str) -> str:
    kind = parse_subject(subject).partition(":")[0]
    if kind not in list(Kind):
        raise AccessInvalid("subject", "must be user:NAME or robot:NAME")
    return subject


def _checked_end(expires_at: datetime | None, now: datetime) -> datetime | None:
    if expires_at is not None and expires_at <= now:
        raise AccessInvalid("expires_at", "must be in the future")
    return expires_at


def _token(row: sa.Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        subject=row.subject,
        name=row.name,
        permits=tuple(map(Permit, row.permits.split(","))),
        repositories=tuple(orjson.loads(row.repositories)),
        created_at=made_at(row.id),
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
