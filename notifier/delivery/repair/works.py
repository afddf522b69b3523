"""Which work a selection is for."""

from datetime import datetime
from typing import Any

from notifier.delivery.endpoint import Endpoint
from notifier.delivery.errors import EndpointUnknown
from notifier.delivery.outbox import Outbox
from notifier.delivery.repair.redelivery import RedeliveryWork
from notifier.delivery.repair.replay import ReplayWork
from notifier.delivery.repair.selection import DeliverySelection, Selection
from notifier.delivery.repair.work import Work
from notifier.events.record import Recorder


def work_of(
    selection: Selection,
    *,
    endpoint: Endpoint | None,
    end: datetime,
    recorder: Recorder,
    outbox: Outbox,
) -> Work[Any]:
    """Return the work on what is selected, of what there was before *end*.

    Only a replay has to have an endpoint: it raises `EndpointUnknown` without.
    """
    if isinstance(selection, DeliverySelection):
        return RedeliveryWork(
            recorder=recorder, selection=selection, endpoint=endpoint, end=end
        )
    if endpoint is None:
        raise EndpointUnknown
    return ReplayWork(
        recorder=recorder,
        outbox=outbox,
        endpoint=endpoint,
        selection=selection,
        end=end,
    )
