"""One POST to one endpoint, many at a time. No retries here: those are the schedule's.

An answer has to be complete within the time limit, however slowly it drips, and is read
no further than needed. Redirects are not followed, and proxies of the environment not
asked. An endpoint's misbehaviour is an `Answer`, never an exception.

``multi`` runs the POSTs of one thread, ``handle`` tells libcurl the rules, ``exchange``
hears what comes back and refuses what `Reach` does.
"""

from notifier.delivery.transport.answer import (
    FORBIDDEN_ADDRESS,
    GONE,
    INTERRUPTED,
    KEPT_BYTES,
    Answer,
    Post,
)
from notifier.delivery.transport.implied import with_implied
from notifier.delivery.transport.multi import Transport

__all__ = [
    "FORBIDDEN_ADDRESS",
    "GONE",
    "INTERRUPTED",
    "KEPT_BYTES",
    "Answer",
    "Post",
    "Transport",
    "with_implied",
]
