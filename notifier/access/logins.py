"""Logins by a name and a password: our own, or those of the htpasswd file."""

from typing import Final

from notifier.access.caller import Credential
from notifier.access.htpasswd import Htpasswd
from notifier.access.passwords import PasswordHash, Passwords
from notifier.access.refusals import CredentialsRefused, Refusal
from notifier.access.standings import Account
from notifier.access.subjects import Kind
from notifier.access.throttle import Throttle

MAX_LENGTH: Final = 1024


class Logins:
    """Verifies passwords, and slows those down who guess. Threads may share it.

    A password here comes before one in the file: who has one here, or is a robot or
    disabled, is not let in by the file.
    """

    def __init__(
        self, passwords: Passwords, htpasswd: Htpasswd | None, throttle: Throttle
    ) -> None:
        self._passwords = passwords
        self._htpasswd = htpasswd
        self._throttle = throttle

    def is_known(self, account: Account) -> bool:
        """Tell whether somebody has a row or a line in the file."""
        return account.has_row or self._find_line(account) is not None

    def find_hash(self, account: Account) -> tuple[str, Credential] | None:
        """Return the hash that somebody's password has to fit, and of which kind."""
        if account.password_hash is not None:
            return account.password_hash, Credential.PASSWORD
        line = self._find_line(account)
        return None if line is None else (line, Credential.HTPASSWD)

    def verify(self, account: Account, password: str, address: str) -> Credential:
        """Return what somebody has proved their name by.

        Raises `CredentialsRefused` or `TooManyAttempts`.
        """
        found = self.find_hash(account)
        if found is None or not self._passwords.knows(found[0], password):
            self._verify(account, password, address)
        if found is None or account.disabled:
            raise CredentialsRefused(Refusal.DISABLED)
        return found[1]

    def _verify(self, account: Account, password: str, address: str) -> None:
        prices = self._throttle.begin(account.name, address)
        if not self._fits(account, password):
            raise CredentialsRefused(Refusal.PASSWORD)
        self._throttle.succeeded(account.name, address, prices)

    def _fits(self, account: Account, password: str) -> bool:
        """Tell whether the password is right, with the same work for everybody."""
        own = account.password_hash
        fits = self._passwords.verify(
            None if own is None else PasswordHash(own), password
        )
        line = self._find_line(account)
        if self._htpasswd is not None:
            fits |= self._htpasswd.verify(line, password)
        stored = own or line
        if fits and stored is not None:
            self._passwords.remember(stored, password)
        return fits

    def _find_line(self, account: Account) -> str | None:
        is_elsewhere = account.kind is Kind.ROBOT or account.password_hash is not None
        if self._htpasswd is None or is_elsewhere:
            return None
        return self._htpasswd.find(account.name)
