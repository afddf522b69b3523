"""The signals, sent inside the transaction of the change.

There is one for each action, and one for all operational events.

A receiver is called as ``receiver(sender, *, events, transaction)``: *events* is a
sequence of `Event` that are recorded already, *transaction* a `db.Transaction`. It may
add rows, and callbacks for after the commit. If it raises, the change is undone.
Receivers run in no particular order. *sender* is the application object: connect with
it, so that two applications in one process do not hear each other, and connect
functions of a module or methods of an object that lives on, for blinker holds them
weakly.
"""

from collections.abc import Callable
from typing import Any

from blinker import NamedSignal, Namespace

from notifier.events.event import OPERATIONAL, Action

Receiver = Callable[..., Any]

_signals = Namespace()

pushed = _signals.signal("pushed", doc="Manifests or blobs were stored.")
pulled = _signals.signal("pulled", doc="Manifests or blobs were read.")
mounted = _signals.signal("mounted", doc="Blobs were linked from another repository.")
deleted = _signals.signal("deleted", doc="Manifests, tags or blobs were deleted.")

befell = _signals.signal("befell", doc="Something befell endpoints or deliveries.")

BY_ACTION: dict[Action, NamedSignal] = {
    Action.PUSH: pushed,
    Action.PULL: pulled,
    Action.MOUNT: mounted,
    Action.DELETE: deleted,
    **dict.fromkeys(OPERATIONAL, befell),
}


def connect_all(receiver: Receiver, sender: object) -> None:
    """Have *receiver* hear every event that *sender* announces."""
    for signal in set(BY_ACTION.values()):
        signal.connect(receiver, sender)
