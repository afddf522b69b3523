"""An authenticator on a database, with clocks that stand until they are moved."""

import base64
import time
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet

from notifier.access import api_tokens, grants, users
from notifier.access.api_tokens import ApiToken
from notifier.access.authenticator import Authenticator
from notifier.access.caller import Caller
from notifier.access.passwords import PasswordHash
from notifier.access.refusals import CredentialsRefused, Refusal
from notifier.access.users import User
from notifier.config import Settings
from notifier.db import Database
from notifier.secrets import SecretBox

HERE = "192.0.2.1"


class Gate:
    """Lets callers in, or not. A moment passes only by `wait`."""

    def __init__(self, database: Database, **settings: Any) -> None:
        self.database = database
        self.waited_s = 0.0
        self._started_at = time.time()
        self.authenticator = Authenticator(
            Settings(**settings),
            database,
            SecretBox([Fernet.generate_key().decode()]),
            monotonic=lambda: 1000.0 + self.waited_s,
            clock=lambda: self._started_at + self.waited_s,
        )

    def wait(self, seconds: float = 1.0) -> None:
        self.waited_s += seconds

    def ask(self, authorization: str | None = None, address: str = HERE) -> Caller:
        return self.authenticator.authenticate(authorization, address)

    def refusal(self, authorization: str, address: str = HERE) -> Refusal:
        try:
            caller = self.ask(authorization, address)
        except CredentialsRefused as refused:
            return refused.reason
        raise AssertionError(f"{caller} was let in")

    def add_user(
        self,
        name: str = "alice",
        password_hash: PasswordHash | None = None,
        **more: Any,
    ) -> User:
        with self.database.transaction() as transaction:
            return users.create(
                transaction, name=name, password_hash=password_hash, **more
            )

    def grant(self, subject: str, *permits: str, on: str = "**") -> grants.Grant:
        with self.database.transaction() as transaction:
            return grants.add(
                transaction, subject=subject, permits=permits, repositories=[on]
            )

    def add_token(
        self,
        subject: str = "user:alice",
        *permits: str,
        on: str = "**",
        expires_at: datetime | None = None,
    ) -> tuple[ApiToken, str]:
        with self.database.transaction() as transaction:
            return api_tokens.create(
                transaction,
                subject=subject,
                name="token",
                permits=permits or ("admin",),
                repositories=[on],
                expires_at=expires_at,
            )


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
