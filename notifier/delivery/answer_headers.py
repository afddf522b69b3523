"""The header of an answer, as it is kept with an attempt.

The lines stand as they came, with the empty one that ends them, but without the status;
if there were more than are kept, the end is missing. What a receiver would have its
clients keep to themselves is masked: the values of cookies.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from notifier.delivery.headers import MASK
from notifier.delivery.signing import Header
from notifier.delivery.transport import Answer

# Of most answers nobody ever looks at the header.
ACCEPTED_HEADER_BYTES: Final = 1024
KEPT_HEADER_BYTES: Final = 4096

_COOKIE = b"set-cookie:"
_MASKED = _COOKIE + b" " + MASK.encode() + b"\n"


def keep_header(answer: Answer) -> bytes | None:
    """Return what is kept of the header of an answer.

    Without a status there is none: what came may have been a proxy's.
    """
    if answer.status is None:
        return None
    most = ACCEPTED_HEADER_BYTES if answer.is_accepted else KEPT_HEADER_BYTES
    _status, _, lines = answer.header.partition(b"\n")
    if len(lines) <= most and _COOKIE not in lines.lower():
        return lines
    return _cut(map(_masked, lines.splitlines(keepends=True)), most)


def read_header(kept: bytes) -> tuple[Sequence[Header], bool]:
    """Return names and values, and whether there had been more."""
    *lines, _rest = kept.decode("latin-1").split("\n")
    pairs = (line.partition(":") for line in lines)
    headers = [(name, value.strip()) for name, colon, value in pairs if colon]
    return headers, all(line.strip() for line in lines)


def _masked(line: bytes) -> bytes:
    return _MASKED if line[: len(_COOKIE)].lower() == _COOKIE else line


def _cut(lines: Iterable[bytes], most: int) -> bytes:
    kept = b""
    for line in lines:
        if len(kept) + len(line) > most:
            break
        kept += line
    return kept
