"""Renewals: a client that was logged in by a password stays so by a refresh token."""

import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime

from notifier.access import refresh_tokens
from notifier.access.caller import Caller
from notifier.access.claims import refused
from notifier.access.latest import Latest
from notifier.access.logins import Logins
from notifier.access.refresh_tokens import RefreshToken, credential_of
from notifier.access.refusals import Refusal
from notifier.db import Database


class Renewals:
    """Makes and redeems refresh tokens. Threads may share it."""

    def __init__(
        self,
        database: Database,
        latest: Latest,
        logins: Logins,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._latest = latest
        self._logins = logins
        self._clock = clock

    def issue(self, caller: Caller, *, service: str, client_id: str) -> str | None:
        """Make a token by which *caller* stays logged in.

        None for one who has not proved a password: an API token lasts by itself. Raises
        `AccessInvalid` for a *client_id* or a *service* that cannot be shown.
        """
        if caller.name is None or not caller.credential.is_password:
            return None
        account = self._latest.view().standings.by_login(caller.name)
        found = self._logins.find_hash(account)
        if found is None:
            return None
        with self._database.transaction() as transaction:
            return refresh_tokens.issue(
                transaction,
                token=RefreshToken(
                    subject=account.subject, credential=credential_of(found[0])
                ),
                service=service,
                client_id=client_id,
                now=self._now(),
            )

    def redeem(self, text: str, *, service: str) -> Caller:
        """Return who stays logged in by the token *text*.

        Raises `CredentialsRefused` if it is unknown, too old, for another service, or
        if the password is another one by now.
        """
        standings = self._latest.view().standings
        with self._database.transaction() as transaction:
            token = refresh_tokens.redeem(
                transaction, text, service=service, now=self._now()
            )
        if token is None:
            raise refused(Refusal.UNKNOWN)
        account = standings.by_login(token.subject.partition(":")[2])
        found = self._logins.find_hash(account)
        if account.disabled:
            raise refused(Refusal.DISABLED)
        if account.subject != token.subject or found is None:
            raise refused(Refusal.REVOKED)
        if not hmac.compare_digest(credential_of(found[0]), token.credential):
            raise refused(Refusal.REVOKED)
        return account.caller(found[1])

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
