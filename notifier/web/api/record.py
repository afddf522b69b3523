"""On the record: what is changed through the API is an event of the log."""

from typing import Any

from notifier.db import Transaction
from notifier.events.event import Action
from notifier.web.requests import current_origin
from notifier.web.services import services


def record(transaction: Transaction, action: Action, **detail: Any) -> None:
    """Announce what the current request changes, with *detail*: JSON, no secrets."""
    event = current_origin().operational(action, detail)
    services().announcer.announce(transaction, [event])
