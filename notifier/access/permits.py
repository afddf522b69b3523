"""Permits: what somebody may be granted."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Permit(StrEnum):
    """What a caller may do: in repositories, or as a role.

    An auditor reads the log of repositories, an operator looks after endpoints and
    deliveries, an admin may do everything.
    """

    PULL = "pull"
    PUSH = "push"
    DELETE = "delete"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    ADMIN = "admin"


REPOSITORY_PERMITS: Final = (Permit.PULL, Permit.PUSH, Permit.DELETE)
ROLES: Final = (Permit.AUDITOR, Permit.OPERATOR, Permit.ADMIN)

# These know no repositories: they are granted on all of them or not at all.
UNLIMITED: Final = frozenset({Permit.OPERATOR, Permit.ADMIN})


def sorted_permits(permits: Iterable[Permit]) -> tuple[Permit, ...]:
    """Return *permits* in a fixed order, each once."""
    given = set(permits)
    return tuple(permit for permit in Permit if permit in given)
