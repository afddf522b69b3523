"""The authenticator: makes a caller of what a request says about who sends it."""

import base64
import binascii
import time
from collections.abc import Callable

from notifier.access.access_tokens import AccessTokens
from notifier.access.bearers import Bearers
from notifier.access.caller import Caller, Credential
from notifier.access.fields import is_visible
from notifier.access.htpasswd import Htpasswd
from notifier.access.issuer import Issuer
from notifier.access.latest import Latest, View
from notifier.access.logins import MAX_LENGTH, Logins
from notifier.access.passwords import Passwords
from notifier.access.permissions import EVERYTHING, Permissions
from notifier.access.refusals import CredentialsRefused, Refusal
from notifier.access.renewals import Renewals
from notifier.access.startup import may_be_open
from notifier.access.subjects import MAX_OUTSIDE_NAME
from notifier.access.throttle import Throttle
from notifier.access.token_text import is_token
from notifier.access.uses import Uses
from notifier.config import Settings
from notifier.db import Database
from notifier.secrets import SecretBox


class Authenticator:
    """Tells who is asking. Threads may share it; processes have one each.

    Whatever changes about users, grants and tokens counts within a second, in each
    process. Wrong passwords are counted by each process for itself: see `Throttle`.
    *tokens* makes access tokens, and *realm* is where an outside issuer makes them;
    *renewals* let clients stay logged in.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        box: SecretBox,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Raise `ConfigError` for a file or an issuer that cannot be had."""
        passwords = Passwords(monotonic)
        htpasswd = Htpasswd.open(settings, passwords)
        issuer = Issuer.open(settings)
        self.tokens = AccessTokens(box, settings, clock)
        self.service = settings.token_audience
        self.realm = settings.token_realm
        self._clock = clock
        self._may_be_open = may_be_open(settings)
        self._logins = Logins(passwords, htpasswd, Throttle(monotonic))
        self._bearers = Bearers(self.tokens, issuer, self._logins, clock)
        self._uses = Uses(database, monotonic)
        self._latest = Latest(
            database,
            settings.anonymous or (),
            htpasswd.state if htpasswd else lambda: None,
            monotonic,
        )
        self.renewals = Renewals(database, self._latest, self._logins, clock)

    def authenticate(self, authorization: str | None, address: str) -> Caller:
        """Return who sends a request with that header from that *address* (no port).

        Not to be called within a transaction. Raises `CredentialsRefused`,
        `TooManyAttempts` or `DatabaseUnavailable`.
        """
        view = self._latest.view()
        if authorization is None or self._is_open(view):
            return self._anonymous(view)
        scheme, _, rest = authorization.partition(" ")
        match scheme.lower():
            case "bearer":
                return self._by_token(rest.strip(), view)
            case "basic":
                name, password = _parse_basic(rest.strip())
                return self._by_password(name, password, address, view)
            case _:
                raise CredentialsRefused(Refusal.MALFORMED)

    def login(self, name: str, password: str, address: str) -> Caller:
        """Return whose name and password these are; an API token is a password, too.

        Raises as `authenticate` does.
        """
        view = self._latest.view()
        if self._is_open(view):
            return self._anonymous(view)
        return self._by_password(name, password, address, view)

    def is_open(self) -> bool:
        """Tell whether everybody may do everything, for nobody can prove a name."""
        return self._is_open(self._latest.view())

    def look_again(self) -> None:
        """Let what this process has just changed count at once."""
        self._latest.look_again()

    def _is_open(self, view: View) -> bool:
        return self._may_be_open and not view.standings.has_rows()

    def _anonymous(self, view: View) -> Caller:
        if view.anonymous is None:
            permissions = (
                EVERYTHING
                if self._is_open(view)
                else Permissions.of(view.standings.everybody())
            )
            view.anonymous = Caller(None, Credential.NONE, permissions)
        return view.anonymous

    def _by_token(self, text: str, view: View) -> Caller:
        bearer = view.bearers.get(text)
        if bearer is None or self._clock() >= bearer.until:
            bearer = self._bearers.find(text, view.standings)
            view.bearers.put(text, bearer)
        if bearer.api_token_id is not None:
            self._uses.note(bearer.api_token_id)
        return bearer.caller

    def _by_password(
        self, name: str, password: str, address: str, view: View
    ) -> Caller:
        if is_token(password):
            return self._by_token(password, view)
        if not is_visible(name, MAX_OUTSIDE_NAME) or len(password) > MAX_LENGTH:
            raise CredentialsRefused(Refusal.MALFORMED)
        account = view.standings.by_login(name)
        return account.caller(self._logins.verify(account, password, address))


def _parse_basic(text: str) -> tuple[str, str]:
    """Read the credentials of RFC 7617; raise `CredentialsRefused`."""
    try:
        decoded = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        raise CredentialsRefused(Refusal.MALFORMED) from None
    name, colon, password = decoded.partition(":")
    if not colon:
        raise CredentialsRefused(Refusal.MALFORMED)
    return name, password
