"""Receivers as guests of one server: each has an endpoint there."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from tests.faults.neighbours.cast import ROLES, Role
from tests.faults.neighbours.neighbour import Acceptance, Neighbour, neighbour
from tests.faults.neighbours.places import REBINDING
from tests.faults.neighbours.trap import Trap
from tests.faults.site import Site


class Guest(NamedTuple):
    """A role, its endpoint, and the receiver unless that is the trap."""

    role: Role
    endpoint_id: str
    receiver: Neighbour | None

    def acceptances(self) -> Sequence[Acceptance]:
        """Return what it has accepted so far."""
        return self.receiver.acceptances() if self.receiver else []

    def recover(self) -> None:
        """Have it accept everything from now on."""
        assert self.receiver is not None
        self.receiver.recover()


@contextmanager
def inviting(site: Site, trap: Trap) -> Iterator[Sequence[Guest]]:
    """Run all receivers, and have everything told to them."""
    with ExitStack() as stack:
        yield [_invite(stack, site, trap, role) for role in ROLES.values()]


def _invite(stack: ExitStack, site: Site, trap: Trap, role: Role) -> Guest:
    if role.make is None:
        url = f"http://{REBINDING}:{trap.port}/"
        endpoint = site.create_endpoint(url, role.name, **role.policy)
        return Guest(role, endpoint["id"], None)
    receiver = stack.enter_context(neighbour(role.name, trap.url))
    endpoint = site.create_endpoint(receiver.url, role.name, **role.policy)
    receiver.expect(endpoint["secret"])
    return Guest(role, endpoint["id"], receiver)
