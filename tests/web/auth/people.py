"""People who may do this or that, and what they send to prove it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import sqlalchemy as sa
from flask.testing import FlaskClient

from notifier.access import api_tokens, grants, users
from notifier.access.access_tokens import ALGORITHM, ISSUER
from notifier.access.passwords import PasswordHash
from notifier.access.tables import ApiTokenRow
from notifier.access.users import User
from notifier.secrets import SecretBox
from notifier.web.services import Services
from tests.access.conftest import PASSWORD
from tests.access.gate import basic

Headers = Mapping[str, str]


class People:
    """The users of one application. Each has the same password."""

    def __init__(self, own: Services, password_hash: PasswordHash) -> None:
        self._own = own
        self._password_hash = password_hash

    def add(self, name: str, *permits: str, on: str = "**") -> Headers:
        """Add a user who has *permits*; return what proves that it is them."""
        self.add_user(name)
        if permits:
            self.grant(f"user:{name}", *permits, on=on)
        return {"Authorization": basic(name, PASSWORD)}

    def add_user(self, name: str) -> User:
        with self._own.database.transaction() as transaction:
            user = users.create(
                transaction, name=name, password_hash=self._password_hash
            )
        self._own.authenticator.look_again()
        return user

    def grant(self, subject: str, *permits: str, on: str = "**") -> None:
        with self._own.database.transaction() as transaction:
            grants.add(transaction, subject=subject, permits=permits, repositories=[on])
        self._own.authenticator.look_again()

    def token(self, name: str, *permits: str, on: str = "**") -> Headers:
        """Make an API token of a user, and return it as a header."""
        with self._own.database.transaction() as transaction:
            _, text = api_tokens.create(
                transaction,
                subject=f"user:{name}",
                name=f"token for {permits} on {on}",
                permits=permits,
                repositories=[on],
            )
        self._own.authenticator.look_again()
        return {"Authorization": f"Bearer {text}"}

    def expired_token(self, name: str) -> Headers:
        """Make an API token that was good until a minute ago."""
        return self._token_with(name, expires_at=datetime.now(UTC) - _MINUTE)

    def revoked_token(self, name: str) -> Headers:
        """Make an API token that was revoked a minute ago."""
        return self._token_with(name, revoked_at=datetime.now(UTC) - _MINUTE)

    def access_token(self, name: str, key: bytes | None = None, **claims: Any) -> str:
        """Make an access token for everything in ``team/app``, by hand.

        *claims* replace those of a good one; *key* is ours if not given.
        """
        now = int(datetime.now(UTC).timestamp())
        actions = ["pull", "push", "delete"]
        given = {
            "iss": ISSUER,
            "sub": name,
            "aud": self._own.authenticator.service,
            "exp": now + 300,
            "nbf": now,
            "iat": now,
            "jti": "1",
            "access": [
                {"type": "repository", "name": "team/app", "actions": actions},
                {"type": "registry", "name": "catalog", "actions": ["*"]},
            ],
            **claims,
        }
        return jwt.encode(given, key or self._keys[0], ALGORITHM)

    @property
    def _keys(self) -> list[bytes]:
        return list(SecretBox.open(self._own.settings).derive_keys("access tokens"))

    def _token_with(self, name: str, **values: datetime) -> Headers:
        header = self.token(name, "admin")
        with self._own.database.transaction() as transaction:
            rows = transaction.execute(
                sa.select(ApiTokenRow.id).order_by(ApiTokenRow.id.desc()).limit(1)
            )
            transaction.execute(
                sa.update(ApiTokenRow)
                .where(ApiTokenRow.id == rows.scalar_one())
                .values(values)
            )
        self._own.authenticator.look_again()
        return header


_MINUTE = timedelta(minutes=1)


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


def logged_in(client: FlaskClient, headers: Headers) -> FlaskClient:
    """Return another client of the same application, which always sends *headers*."""
    other = client.application.test_client()
    other.environ_base["HTTP_AUTHORIZATION"] = headers["Authorization"]
    return other
