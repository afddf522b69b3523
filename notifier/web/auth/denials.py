"""Denials: who was refused what is an event of the log.

A request without any credentials is not: each client begins with one, to learn how it
can prove who it is.
"""

from typing import Any

import structlog

from notifier.db import DatabaseUnavailable, Transaction
from notifier.events.event import Action, Target
from notifier.web.requests import client_network, current_origin
from notifier.web.services import services

_log = structlog.get_logger(__name__)


def record_denial(
    status: int, reason: str, *, repository: str | None = None, **detail: Any
) -> None:
    """Put on the record that the current request was refused, and why.

    The refusal stands whether it can be recorded or not.
    """
    own = services()
    passed = own.denials.take(client_network())
    if passed is None:
        return
    told = {"status": status, "reason": reason, **detail}
    if repository is not None:
        told["repository"] = repository
    if passed:
        told["passed_over"] = passed
    try:
        with own.database.transaction() as transaction:
            target = _target(transaction, repository)
            event = current_origin().event(Action.DENIED, target, detail=told)
            own.announcer.announce(transaction, [event])
    except DatabaseUnavailable as error:
        _log.warning("denial_not_recorded", error=str(error))


def _target(transaction: Transaction, repository: str | None) -> Target:
    """Name the repository if there is one: nobody makes one by being refused in it."""
    names = services().recorder.repositories
    is_there = repository and names.find(transaction.connection, repository)
    return Target(kind=None, repository=repository if is_there else None)
