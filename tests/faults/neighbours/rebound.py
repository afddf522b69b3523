"""``notifier`` where a name means one address when it is checked, and then another.

That of an endpoint's URL is looked up by Python when the endpoint is made, and by
libcurl at each connection. libcurl itself takes all names under ``.localhost`` for
loopback, as RFC 6761 has it, so it is the first look-up that has to be told otherwise.
No name server can do that on any machine without being asked by all its programs.
"""

import socket
from functools import wraps
from typing import Any

from notifier.cli import main
from tests.faults.neighbours.places import ALLOWED, REBINDING

_look_up = socket.getaddrinfo


@wraps(_look_up)
def _getaddrinfo(host: Any, *arguments: Any, **more: Any) -> Any:
    return _look_up(ALLOWED if host == REBINDING else host, *arguments, **more)


# Here and not below: processes that are spawned import this module, too.
socket.getaddrinfo = _getaddrinfo

if __name__ == "__main__":
    main(prog_name="notifier")
