"""The log's questions: what somebody wants to know of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final, Generic, TypeVar

from notifier.audit.digests import DigestPrefix
from notifier.events.event import Action, Kind, TagChange
from notifier.registry.digest import Digest
from notifier.registry.repositories import EVERYTHING

T = TypeVar("T")

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """Any of some values, if some are named, and none of others.

    What has no value is none of them.
    """

    any_of: tuple[T, ...] = ()
    none_of: tuple[T, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether it narrows anything."""
        return bool(self.any_of or self.none_of)

    def __iter__(self) -> Iterator[T]:
        """Yield all values that are named."""
        yield from self.any_of
        yield from self.none_of


_ANY: Final[Choice[Any]] = Choice()


def only(*values: T) -> Choice[T]:
    """Choose any of *values*."""
    return Choice(any_of=values)


def but(*values: T) -> Choice[T]:
    """Choose everything but *values*."""
    return Choice(none_of=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody wants to know. All that it names has to be so.

    Repositories are names or globs, programs (user agents) may have stars that stand
    for any characters. Times count nanoseconds since 1970: *since_ns* is the first that
    is wanted, *until_ns* the first that is not. *visible* are the globs of what who
    asks may see; what belongs to no repository is seen only with all of them.
    """

    digest: Digest | DigestPrefix | None = None
    repository: Choice[str] = _ANY
    action: Choice[Action] = _ANY
    kind: Choice[Kind] = _ANY
    tag: Choice[str] = _ANY
    tag_change: Choice[TagChange] = _ANY
    actor: Choice[str] = _ANY
    media_type: Choice[str] = _ANY
    address: Choice[Network] = _ANY
    useragent: Choice[str] = _ANY
    since_ns: int | None = None
    until_ns: int | None = None
    oldest_first: bool = False
    visible: tuple[str, ...] = EVERYTHING
