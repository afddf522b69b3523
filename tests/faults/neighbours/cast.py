"""Who is told of the events, in one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.faults.neighbours import manners
from tests.faults.neighbours.manners import Manner
from tests.faults.neighbours.places import METADATA_URL

# A failure is repeated every other second, for as long as nearly any run takes.
_POLICY = {"retry": [0.0] + [2.0] * 19}
_IMPATIENT = _POLICY | {"timeout_s": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A receiver, and how it behaves until it *recovers*, if it ever does.

    *make* is told the URL of the trap; without it, there is no receiver but the trap.
    *takes_all* tells that each event has to reach it in the end; *answers* names the
    only status or error that attempts may have come to, where that matters.
    """

    name: str
    summary: str
    make: Callable[[str], Manner] | None
    policy: Mapping[str, Any]
    takes_all: bool = False
    recovers: bool = False
    answers: tuple[int | None, str | None] | None = None


HEALTHY: Final = "healthy"

_ROLES = (
    Role(
        name=HEALTHY,
        summary="answers 200",
        make=lambda _: manners.accept,
        policy=_POLICY,
        takes_all=True,
    ),
    Role(
        name="failing",
        summary="answers 500 to 30 %, recovers",
        make=lambda _: manners.fail_sometimes(),
        policy=_POLICY,
        takes_all=True,
        recovers=True,
    ),
    Role(
        name="hanging",
        summary="says nothing, recovers",
        make=lambda _: manners.hang,
        policy=_IMPATIENT,
        takes_all=True,
        recovers=True,
    ),
    Role(
        name="dripping",
        summary="sends a byte a second, recovers",
        make=lambda _: manners.drip,
        policy=_IMPATIENT,
        takes_all=True,
        recovers=True,
    ),
    Role(
        name="flooding",
        summary="answers 10 GB",
        make=lambda _: manners.flood,
        policy=_POLICY,
        takes_all=True,
    ),
    Role(
        name="redirecting",
        summary="answers 307 to metadata, loopback",
        make=lambda trap_url: manners.redirect_to([METADATA_URL, trap_url]),
        policy=_POLICY,
        answers=(307, None),
    ),
    Role(
        name="rebinding",
        summary="resolves to loopback at the second look-up",
        make=None,
        policy=_POLICY,
        answers=(None, "forbidden_address"),
    ),
)
ROLES: Final = {role.name: role for role in _ROLES}
