"""Why a request about repairs is refused: each is a `DeliveryError`."""

from notifier.delivery.errors import DeliveryError


class RepairUnknown(DeliveryError):
    """No repair of this kind has that id."""

    def __init__(self) -> None:
        super().__init__("there is no such redelivery or replay")


class RepairFinished(DeliveryError):
    """What is over cannot be cancelled."""

    def __init__(self) -> None:
        super().__init__("it is over already")


class TooManyRepairs(DeliveryError):
    """No more may be under way at once."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} redeliveries and replays are under way, the most at once"
        )
        self.limit = limit
