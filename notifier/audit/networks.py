"""Clients by their addresses: some, or whole networks."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

import sqlalchemy as sa

from notifier.audit.conditions import Condition, Test
from notifier.audit.distinct import list_values
from notifier.audit.questions import Choice, Network
from notifier.events.addresses import network_bounds

# If more addresses of some networks have asked for something, they are not listed.
_MOST_LISTED: Final = 64

_Range = tuple[bytes, bytes]


def compare_addresses(
    connection: sa.Connection, choice: Choice[Network]
) -> Iterator[Condition]:
    """Yield the conditions on addresses: on those of the log, if these are few."""
    wanted = [network_bounds(network) for network in choice.any_of]
    others = [network_bounds(network) for network in choice.none_of]
    if wanted:
        listed = _list(connection, wanted)
        if listed is None:
            yield Condition("addr", Test.WITHIN, tuple(chain(*wanted)))
        else:
            yield Condition("addr", Test.AMONG, tuple(sorted(listed)))
    if others:
        yield Condition("addr", Test.NOT_WITHIN, tuple(chain(*others)))


def _list(connection: sa.Connection, ranges: Sequence[_Range]) -> set[bytes] | None:
    """Return all addresses of the log that lie in *ranges*; None if they are many."""
    found: set[bytes] = set()
    for first, last in ranges:
        if first == last:
            found.add(first)
        else:
            found.update(
                list_values(connection, "addr", (first, last), _MOST_LISTED + 1)
            )
        if len(found) > _MOST_LISTED:
            return None
    return found
