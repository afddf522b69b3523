"""Passwords: hashed by Argon2id, with the parameters that its library recommends.

https://www.rfc-editor.org/rfc/rfc9106
"""

import base64
import hmac
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from notifier.access.errors import AccessInvalid
from notifier.access.recent import Recent
from notifier.access.refusals import TooManyAttempts

PasswordHash = NewType("PasswordHash", str)

MAX_PASSWORD: Final = 256

_MIN_PASSWORD = 8
# Each takes 64 MiB of memory and some 50 ms.
_AT_ONCE = 2
_PATIENCE_S = 5.0
_VALID_S = 60.0
_MAX_KNOWN = 4096
_HASHER = PasswordHasher()


def hash_password(password: str) -> PasswordHash:
    """Hash a new password; raise `AccessInvalid`."""
    if not _MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise AccessInvalid(
            "password", f"must have {_MIN_PASSWORD} to {MAX_PASSWORD} characters"
        )
    if not password.isprintable():
        raise AccessInvalid("password", "must have no control characters")
    return PasswordHash(_HASHER.hash(password))


class Passwords:
    """Verifies passwords, those of our own and others'. Threads may share it.

    A client sends its password with each request, and to verify one takes as long as
    many requests: so for a minute it is known that a password fits a hash. What is
    known is kept under a key that only this process has.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = os.urandom(32)
        self._known: Recent[bytes, float] = Recent(_MAX_KNOWN)
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._dummy = _dummy_hash()

    def knows(self, stored: str, password: str) -> bool:
        """Tell whether the two were found to fit within the last minute."""
        at = self._known.get(self._name(stored, password))
        return at is not None and self._clock() - at < _VALID_S

    def remember(self, stored: str, password: str) -> None:
        """Know for a minute that the two fit."""
        self._known.put(self._name(stored, password), self._clock())

    def verify(self, stored: PasswordHash | None, password: str) -> bool:
        """Tell whether *password* is the one that *stored* was made of.

        For None, which no password fits, it takes as long. Raises `TooManyAttempts` if
        so many are being verified that it would take very long.
        """
        with self.slot():
            try:
                _HASHER.verify(stored or self._dummy, password)
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Take one of the few places for what takes much memory and time.

        Raises `TooManyAttempts`.
        """
        if not self._slots.acquire(timeout=_PATIENCE_S):
            raise TooManyAttempts(1)
        try:
            yield
        finally:
            self._slots.release()

    def _name(self, stored: str, password: str) -> bytes:
        # No hash has a zero byte, so no two pairs are the same text.
        pair = f"{stored}\0{password}".encode()
        return hmac.digest(self._key, pair, "sha256")


def _dummy_hash() -> PasswordHash:
    """Make a hash of no password, which takes as long to verify as any other."""
    salt, tag = os.urandom(_HASHER.salt_len), os.urandom(_HASHER.hash_len)
    return PasswordHash(
        f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},"
        f"p={_HASHER.parallelism}${_base64(salt)}${_base64(tag)}"
    )


def _base64(content: bytes) -> str:
    return base64.b64encode(content).rstrip(b"=").decode()
