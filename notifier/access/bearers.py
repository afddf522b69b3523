"""Bearers of tokens: API tokens, access tokens of ours and of an outside issuer."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from notifier.access.access_tokens import ALGORITHM, AccessTokens
from notifier.access.api_tokens import ApiToken
from notifier.access.caller import Caller, Credential
from notifier.access.claims import Claims, refused
from notifier.access.issuer import Issuer, read_header
from notifier.access.logins import Logins
from notifier.access.permissions import EVERYTHING, NOTHING, Permissions
from notifier.access.permits import ROLES, Permit
from notifier.access.recent import Recent
from notifier.access.refusals import Refusal
from notifier.access.standings import Account, Standings
from notifier.access.subjects import ANONYMOUS
from notifier.access.token_text import digest_of, is_token

_FOR_EVER = float("inf")
_MAX_VERIFIED = 4096


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever came with a token, and until when that is good (seconds since 1970).

    *api_token_id* is there if it is an API token itself.
    """

    caller: Caller
    until: float
    api_token_id: UUID | None = None


class Bearers:
    """Finds out who comes with a token. Threads may share it.

    Each method raises `CredentialsRefused`.
    """

    def __init__(
        self,
        tokens: AccessTokens,
        issuer: Issuer | None,
        logins: Logins,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._tokens = tokens
        self._issuer = issuer
        self._logins = logins
        self._clock = clock
        self._verified: Recent[str, tuple[Claims, bool]] = Recent(_MAX_VERIFIED)

    def find(self, text: str, standings: Standings) -> Bearer:
        """Return who comes with the token *text*."""
        if is_token(text):
            return self._by_api_token(text, standings)
        claims, is_ours = self._claims(text)
        if is_ours:
            return self._by_access_token(claims, standings)
        return self._by_issuer_token(claims, standings)

    def _claims(self, text: str) -> tuple[Claims, bool]:
        """Return what a token says, and whether it is ours.

        It is by the algorithm that tokens are told apart, and the keys of each are for
        its own algorithms alone, so that none is ever taken for another's.
        """
        known = self._verified.get(text)
        if known is not None and self._clock() < known[0].expires_at:
            return known
        is_ours = self._issuer is None or read_header(text).get("alg") == ALGORITHM
        verifier = self._tokens if is_ours or self._issuer is None else self._issuer
        found = verifier.verify(text), is_ours
        self._verified.put(text, found)
        return found

    def _by_api_token(self, text: str, standings: Standings) -> Bearer:
        token = standings.find_token(digest_of(text))
        if token is None:
            raise refused(Refusal.UNKNOWN)
        account = self._owner(token, standings)
        caller = Caller(
            account.name,
            Credential.API_TOKEN,
            account.permissions.and_also(token.permissions),
            subject=account.subject,
            api_token_id=token.id,
        )
        return Bearer(caller, _end_of(token), token.id)

    def _by_access_token(self, claims: Claims, standings: Standings) -> Bearer:
        subject, until = ANONYMOUS, claims.expires_at
        now = Permissions.of(standings.everybody())
        if claims.name is not None:
            account = standings.by_login(claims.name)
            self._require_welcome(account)
            subject, now = account.subject, account.permissions
        if claims.api_token_id is not None:
            token = standings.find_token_by_id(claims.api_token_id)
            if token is None or token.subject != subject:
                raise refused(Refusal.REVOKED)
            self._require_living(token)
            now, until = now.and_also(token.permissions), min(until, _end_of(token))
        caller = Caller(
            claims.name,
            Credential.ACCESS_TOKEN,
            Permissions.of(claims.given).and_also(now),
            subject=subject,
            api_token_id=claims.api_token_id,
            listed=now if claims.has_catalog else NOTHING,
        )
        return Bearer(caller, until)

    def _by_issuer_token(self, claims: Claims, standings: Standings) -> Bearer:
        subject, given = ANONYMOUS, [*claims.given]
        if claims.name is not None:
            account = standings.by_outside_name(claims.name)
            if account.disabled:
                raise refused(Refusal.DISABLED)
            subject = account.subject
            given += [
                ([permit for permit in permits if permit in ROLES], globs)
                for permits, globs in account.given
            ]
        permissions = Permissions.of(given)
        lists_all = claims.has_catalog or permissions.allow(Permit.ADMIN)
        caller = Caller(
            claims.name,
            Credential.ISSUER_TOKEN,
            permissions,
            subject=subject,
            listed=EVERYTHING if lists_all else NOTHING,
        )
        return Bearer(caller, claims.expires_at)

    def _owner(self, token: ApiToken, standings: Standings) -> Account:
        """Return whose token it is, if both are still to be let in."""
        self._require_living(token)
        account = standings.by_login(token.subject.partition(":")[2])
        if account.subject != token.subject:
            raise refused(Refusal.REVOKED)
        self._require_welcome(account)
        return account

    def _require_living(self, token: ApiToken) -> None:
        if token.revoked_at is not None:
            raise refused(Refusal.REVOKED)
        if token.has_expired(datetime.fromtimestamp(self._clock(), UTC)):
            raise refused(Refusal.EXPIRED)

    def _require_welcome(self, account: Account) -> None:
        if account.disabled:
            raise refused(Refusal.DISABLED)
        if not self._logins.is_known(account):
            # Removed, or no more in the htpasswd file.
            raise refused(Refusal.REVOKED)


def _end_of(token: ApiToken) -> float:
    return _FOR_EVER if token.expires_at is None else token.expires_at.timestamp()
