"""The signals, sent inside the transaction of the change.

One tells of all that is announced at once, whatever it is. Then there is one for each
action, and one for all operational events, for who wants to hear of these alone.

A receiver is called as ``receiver(sender, *, events, transaction)``: *events* is a
sequence of `Event` that are recorded already, *transaction* a `db.Transaction`. It
may add rows, and callbacks for after the commit; by then it must have looked at the
events that it wants to see. If it raises, the change is undone.
Receivers run in no particular order. *sender* is the application object: connect with
it, so that two applications in one process do not hear each other, and connect
functions of a module or methods of an object that lives on, for blinker holds them
weakly.
"""

from blinker import NamedSignal, Namespace

from notifier.events.event import OPERATIONAL, Action

_signals = Namespace()

announced = _signals.signal("announced", doc="Something happened, in this order.")

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
