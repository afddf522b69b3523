"""How receivers behave. Each function answers a POST, and tells whether it took it."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle

from tests import receiver
from tests.receiver import Handler

Manner = Callable[[Handler], bool]

_FAILS = 0.3
_SEED = 30
_FLOOD_BYTES = 10 * 10**9
_CHUNK = bytes(64 * 1024)


def accept(handler: Handler) -> bool:
    """Answer 200."""
    handler.answer(200)
    return True


def fail_sometimes() -> Manner:
    """Answer 500 now and then, 200 otherwise."""
    source = random.Random(_SEED)

    def answer(handler: Handler) -> bool:
        if source.random() >= _FAILS:
            return accept(handler)
        handler.answer(500)
        return False

    return answer


def hang(handler: Handler) -> bool:
    """Say nothing for longer than anybody waits."""
    receiver.hang(handler)
    return False


def drip(handler: Handler) -> bool:
    """Send a byte a second, which takes longer than anybody waits."""
    receiver.drip_slowly(handler)
    return False


def flood(handler: Handler) -> bool:
    """Answer 200 with a body of 10 GB, or as much of it as is heard."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(_FLOOD_BYTES))
    handler.end_headers()
    handler.close_connection = True
    with suppress(ConnectionError):
        for _ in range(_FLOOD_BYTES // len(_CHUNK)):
            handler.wfile.write(_CHUNK)
    return True


def redirect_to(urls: Sequence[str]) -> Manner:
    """Redirect to each of these in turn."""
    turn = cycle(urls)

    def answer(handler: Handler) -> bool:
        handler.answer(307, headers={"Location": next(turn)})
        return False

    return answer
