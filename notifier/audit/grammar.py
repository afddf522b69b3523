"""How questions are written: by REST and on the command line.

``!`` before a value means everything but that. Whatever begins with one itself is
written with two.
"""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from ipaddress import ip_network
from typing import Final, TypeVar

from notifier.audit.digests import MIN_HEX, DigestPrefix
from notifier.audit.questions import Choice, Network
from notifier.registry.digest import Digest
from notifier.registry.errors import DigestInvalid, NameInvalid, TagInvalid
from notifier.registry.reference import parse_repository, parse_tag

T = TypeVar("T")
_Enum = TypeVar("_Enum", bound=StrEnum)

MAX_VALUES: Final = 50

_NOT: Final = "!"
_MAX_TEXT: Final = 512
_GLOB = re.compile(r"[a-z0-9._/*-]{1,255}", re.ASCII)
_AGO = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_NS_PER_S: Final = 10**9


class QuestionInvalid(ValueError):
    """What somebody wrote cannot be read; the text says why."""


def read_choice(texts: Iterable[str], read: Callable[[str], T]) -> Choice[T]:
    """Read values, each by *read*; raise `QuestionInvalid`."""
    wanted: list[T] = []
    others: list[T] = []
    for number, text in enumerate(texts):
        if number == MAX_VALUES:
            raise QuestionInvalid(f"More than {MAX_VALUES} values.")
        bare = text.lstrip(_NOT)
        count = len(text) - len(bare)
        value = read(_NOT * (count // 2) + bare)
        (others if count % 2 else wanted).append(value)
    return Choice(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(others)))


def read_digest(text: str) -> Digest | DigestPrefix:
    """Read a digest, or how one begins."""
    try:
        return Digest.parse(text)
    except DigestInvalid:
        pass
    try:
        return DigestPrefix.parse(text)
    except ValueError:
        raise QuestionInvalid(
            f"Neither a digest, sha256:…, nor the first {MIN_HEX} or more of its hex "
            "digits."
        ) from None


def read_repository(text: str) -> str:
    """Read the name of a repository, or a glob."""
    if "*" in text and _GLOB.fullmatch(text):
        return text
    try:
        return parse_repository(text)
    except NameInvalid:
        raise QuestionInvalid(
            "Neither the name of a repository, team/app, nor a glob: team/**."
        ) from None


def read_tag(text: str) -> str:
    """Read a tag."""
    try:
        return parse_tag(text)
    except TagInvalid:
        raise QuestionInvalid("Not a tag.") from None


def read_text(text: str) -> str:
    """Read what may be anything: other registries tell of names with line breaks."""
    if not 0 < len(text) <= _MAX_TEXT or "\0" in text:
        raise QuestionInvalid(f"Not 1 to {_MAX_TEXT} characters without a NUL.")
    return text


def read_network(text: str) -> Network:
    """Read an address or a network; bits beyond its prefix do not count."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        network = None
    if network is None or "%" in text:
        raise QuestionInvalid(
            "Neither an address, 192.0.2.7 or 2001:db8::7, nor a network: 10.0.0.0/8."
        )
    return network


def reader_of(kind: type[_Enum]) -> Callable[[str], _Enum]:
    """Return what reads the values of *kind*."""

    def read(text: str) -> _Enum:
        try:
            return kind(text)
        except ValueError:
            raise QuestionInvalid(f"Not one of: {', '.join(kind)}.") from None

    return read


def read_ago(text: str, now_ns: int) -> int | None:
    """Return when ``24h`` ago was; None if *text* does not look like that."""
    match = _AGO.fullmatch(text)
    if match is None:
        return None
    return max(now_ns - int(match[1]) * _UNITS_S[match[2]] * _NS_PER_S, 0)
