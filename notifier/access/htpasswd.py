"""The htpasswd file: names and bcrypt hashes, ``htpasswd -B`` writes them.

Hashes of other kinds never fit. Of two lines for one name the first counts, as Apache
has it.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import bcrypt
import structlog

from notifier.access.fields import is_visible
from notifier.access.passwords import Passwords
from notifier.access.subjects import MAX_OUTSIDE_NAME
from notifier.access.watched import WatchedFile
from notifier.config import ConfigError, Settings

# A hash of cost 14 takes about a second, and each step up doubles that.
MAX_COST: Final = 14

_MIN_COST = 4
_DEFAULT_COST = 5
# What bcrypt looks at of a password: htpasswd has hashed no more of it.
_MAX_BYTES = 72
_HASH = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}", re.ASCII)
_ANY_TAG = "." * 31

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The hashes by name, and one that takes as long and that nothing fits."""

    hashes: Mapping[str, str]
    dummy: str


class Htpasswd:
    """The users of an htpasswd file. Threads may share it."""

    def __init__(self, path: Path, passwords: Passwords) -> None:
        self._file = WatchedFile(path, _parse)
        self._passwords = passwords

    @classmethod
    def open(cls, settings: Settings, passwords: Passwords) -> Self | None:
        """Read the file of the settings, if any; raise `ConfigError`."""
        if settings.htpasswd is None:
            return None
        htpasswd = cls(settings.htpasswd, passwords)
        try:
            htpasswd._file.check()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ConfigError(
                f"NOTIFIER_HTPASSWD: {settings.htpasswd}: {reason}"
            ) from None
        return htpasswd

    def state(self) -> object:
        """Return what is another object whenever the file has changed."""
        return self._file.value()

    def find(self, name: str) -> str | None:
        """Return the hash of somebody's password, or None."""
        return self._file.value().hashes.get(name)

    def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether *password* is the one that *stored* was made of.

        For None, which no password fits, it takes as long. Raises `TooManyAttempts`.
        """
        content = password.encode()[:_MAX_BYTES]
        hash_ = stored or self._file.value().dummy
        with self._passwords.slot():
            try:
                fits = bcrypt.checkpw(content, hash_.encode())
            except ValueError:
                # A password with a zero byte, which no hash was made of.
                return False
        return fits and stored is not None


def _parse(content: bytes) -> _Lines:
    hashes: dict[str, str] = {}
    costs: Counter[int] = Counter()
    for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, hash_ = line.rstrip().partition(":")
        cost = _cost(hash_)
        if cost is None or not is_visible(name, MAX_OUTSIDE_NAME):
            # The line is left out: it holds a hash.
            _log.warning("htpasswd_line_ignored", line=number)
            continue
        hashes.setdefault(name, hash_)
        costs[cost] += 1
    [(usual, _)] = costs.most_common(1) or [(_DEFAULT_COST, 0)]
    return _Lines(hashes, bcrypt.gensalt(usual).decode() + _ANY_TAG)


def _cost(hash_: str) -> int | None:
    """Return the cost of a hash that can be verified in time, else None."""
    match = _HASH.fullmatch(hash_)
    if match is None:
        return None
    cost = int(match[1])
    return cost if _MIN_COST <= cost <= MAX_COST else None
