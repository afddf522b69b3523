"""Short words for tests of the transport."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from notifier.config import Settings
from notifier.delivery.formats import DEFAULT_FORMAT
from notifier.delivery.reach import Reach
from notifier.delivery.sent import Sent, Way
from notifier.delivery.transport import Answer, Post, Transport
from notifier.ids import uuid7


@contextmanager
def transport(**environment: str) -> Iterator[Transport[int]]:
    """Open a transport that reaches what these settings allow."""
    settings = Settings.from_environment(
        {f"NOTIFIER_{name.upper()}": text for name, text in environment.items()}
    )
    opened: Transport[int] = Transport(4, Reach.of(settings))
    try:
        yield opened
    finally:
        opened.close()


def post(
    url: str,
    body: bytes = b"{}",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Post:
    """Make a POST of an endpoint that a server on loopback has taken."""
    fields = {"timeout_s": 2.0, "is_local": True, "tls": None, "secrets": ()} | more
    way = Way(url, (), (), "test", DEFAULT_FORMAT)
    return Post(
        url=url,
        headers=list((headers or {}).items()),
        body=body,
        at=datetime.now(UTC),
        sent=Sent(way, [uuid7()], b""),
        **fields,
    )


def send(transport: Transport[int], post: Post) -> Answer:
    """Make one POST, and wait for its answer."""
    transport.start(1, post)
    while transport:
        for _key, answer in transport.wait(1):
            return answer
    raise AssertionError
