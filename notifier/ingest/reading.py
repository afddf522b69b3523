"""What the parts of an event may be, whoever sends it.

All of it is written by strangers and kept in the log: each text has a bound. What
cannot be so raises `EventRefused`, which names the part.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from msgspec import ValidationError, convert

from notifier.ingest.errors import EventRefused
from notifier.ingest.keys import derived_uuid
from notifier.registry.digest import Digest
from notifier.registry.errors import DigestInvalid, NameInvalid, TagInvalid
from notifier.registry.reference import parse_repository, parse_tag

MAX_ID: Final = 128
MAX_NAME: Final = 255

_MAX_USERAGENT: Final = 512
_MAX_URL: Final = 2048
_MAX_SHOWN: Final = 100
_MAX_SIZE: Final = 2**63 - 1
# No year has more than four digits, and no later one fits in 64 bits of nanoseconds.
_LAST_S: Final = 9_000_000_000
_NS_PER_S: Final = 1_000_000_000
_NS_DIGITS: Final = 9
# RFC 3339, as Go writes it.
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_UUID_LENGTH: Final = 36


def obj(value: Any, what: str) -> dict[str, Any]:
    """Return *value*, which has to be an object."""
    if type(value) is not dict:
        raise EventRefused(f"{what}: must be an object")
    return value


def optional(value: Any, what: str) -> dict[str, Any]:
    """Return *value*, which has to be an object; nothing counts as an empty one."""
    return {} if value is None else obj(value, what)


def text(value: Any, what: str, limit: int = MAX_NAME) -> str:
    """Return *value*, which has to be a text; nothing counts as an empty one."""
    if value is None:
        return ""
    if type(value) is not str:
        raise EventRefused(f"{what}: must be a text")
    if len(value) > limit:
        raise EventRefused(f"{what}: has more than {limit} characters")
    if "\0" in value:
        raise EventRefused(f"{what}: holds a NUL")
    return value


def given(value: Any, what: str, limit: int = MAX_NAME) -> str:
    """Return *value*, which has to be a text that says something."""
    found = text(value, what, limit)
    if not found:
        raise EventRefused(f"{what}: is missing")
    return found


def address(value: Any, what: str) -> str:
    """Return a URL; nothing counts as an empty one.

    Its bytes are counted, for it stands in an index, where PostgreSQL takes no more.
    """
    found = text(value, what, _MAX_URL)
    if len(found.encode()) > _MAX_URL:
        raise EventRefused(f"{what}: has more than {_MAX_URL} bytes")
    return found


def useragent(value: Any) -> str:
    """Return a client's name for itself, cut if it is too long."""
    cut = value[:_MAX_USERAGENT] if type(value) is str else value
    return text(cut, "request.useragent", _MAX_USERAGENT)


def size(value: Any, what: str) -> int:
    """Return a size in bytes; 0 if none is told."""
    if value is None:
        return 0
    # What JSON writes as true is an int for Python.
    if type(value) is not int or not 0 <= value <= _MAX_SIZE:
        raise EventRefused(f"{what}: must be a whole number of bytes")
    return value


def digest(value: Any, what: str) -> Digest:
    """Return a digest."""
    try:
        return Digest.parse(given(value, what))
    except DigestInvalid:
        raise EventRefused(f"{what}: {shown(value)} is no digest") from None


def tag(value: Any, what: str) -> str | None:
    """Return a tag, or None."""
    name = text(value, what)
    if not name:
        return None
    try:
        return parse_tag(name)
    except TagInvalid:
        raise EventRefused(f"{what}: {shown(name)} is no tag") from None


def repository(value: Any, what: str, prefix: str = "") -> str:
    """Return what a repository is called here, *prefix* before its name."""
    name = given(value, what)
    try:
        return _repository(prefix + name)
    except NameInvalid:
        raise EventRefused(
            f"{what}: {shown(prefix + name)} is not the name of a repository"
        ) from None


def moment(value: Any, what: str) -> int | None:
    """Read RFC 3339 as nanoseconds since 1970; a time before that is none."""
    match = _TIME.fullmatch(given(value, what))
    if match is None:
        raise EventRefused(f"{what}: {shown(value)} is no time by RFC 3339")
    whole, fraction, zone = match.groups()
    try:
        seconds = _seconds(whole + zone)
    except (ValueError, OverflowError):
        raise EventRefused(f"{what}: there is no time {shown(value)}") from None
    if not 0 <= seconds <= _LAST_S:
        return None
    return seconds * _NS_PER_S + int((fraction or "").ljust(_NS_DIGITS, "0"))


def seconds(value: Any, what: str) -> int | None:
    """Read seconds since 1970, whole or not, as nanoseconds."""
    if type(value) not in {int, float}:
        raise EventRefused(f"{what}: must be a number of seconds")
    # Compared this way round, what is not a number is no time either.
    return int(value) * _NS_PER_S if 0 <= value <= _LAST_S else None


def uuid(value: Any, what: str) -> UUID | None:
    """Return a UUID; one that is made of the text if that is none; None for nothing."""
    name = text(value, what)
    if not name:
        return None
    if len(name) == _UUID_LENGTH:
        try:
            return convert(name, UUID)
        except ValidationError:
            pass
    return derived_uuid(name)


def written(value: Any, what: str) -> bytes:
    """Write JSON again, always in the same way."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # It reads deeper than it writes.
        raise EventRefused(f"{what}: is nested too deep") from None


def shown(value: str) -> str:
    """Return a text as a reason may repeat it."""
    return ascii(value[:_MAX_SHOWN])


@lru_cache(maxsize=4096)
def _repository(name: str) -> str:
    return parse_repository(name)


@lru_cache(maxsize=1024)
def _seconds(timestamp: str) -> int:
    # Many events happen in one second.
    return int(datetime.fromisoformat(timestamp).astimezone(UTC).timestamp())
