"""Selections: what a repair is about, as it was asked for and as its row keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.filters import Filters
from notifier.delivery.rules import ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySelection:
    """Deliveries in one of *states*, made from *since* on and before *until*.

    With *failed_since*, of those that failed only the ones whose last attempt was made
    then or later, and of those that are pending the ones that wait for a retry.
    """

    states: tuple[DeliveryState, ...] = (DeliveryState.FAILED,)
    since: datetime | None = None
    until: datetime | None = None
    failed_since: datetime | None = None
    filters: Filters | None = None

    @classmethod
    def recovery(cls, since: datetime) -> Self:
        """Select all that an endpoint has missed since it broke down."""
        states = (DeliveryState.PENDING, DeliveryState.FAILED)
        return cls(states=states, failed_since=since)

    @classmethod
    def parse(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `render` has returned."""
        return cls(
            states=tuple(DeliveryState(state) for state in kept["states"]),
            since=_parsed_time(kept["since"]),
            until=_parsed_time(kept["until"]),
            failed_since=_parsed_time(kept["failed_since"]),
            filters=_parsed_filters(kept["filters"]),
        )

    def render(self) -> dict[str, Any]:
        """Return JSON for the row."""
        return {
            "states": list(self.states),
            "since": self.since,
            "until": self.until,
            "failed_since": self.failed_since,
            "filters": self.filters and self.filters.render(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSelection:
    """Events that were recorded from *since* on and before *until*.

    Only those are meant that the endpoint's own filters want, unless they are to be
    *include_unwanted*. With *latest_push_per_tag* it is only the latest push of each
    tag that is there now.
    """

    since: datetime | None = None
    until: datetime | None = None
    filters: Filters | None = None
    include_unwanted: bool = False
    latest_push_per_tag: bool = False

    @classmethod
    def parse(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `render` has returned."""
        return cls(
            since=_parsed_time(kept["since"]),
            until=_parsed_time(kept["until"]),
            filters=_parsed_filters(kept["filters"]),
            include_unwanted=kept["include_unwanted"],
            latest_push_per_tag=kept["latest_push_per_tag"],
        )

    def render(self) -> dict[str, Any]:
        """Return JSON for the row."""
        return {
            "since": self.since,
            "until": self.until,
            "filters": self.filters and self.filters.render(),
            "include_unwanted": self.include_unwanted,
            "latest_push_per_tag": self.latest_push_per_tag,
        }


Selection = DeliverySelection | EventSelection


def narrowing(filters: Mapping[str, Any]) -> Filters:
    """Read filters that pick out events: what they do not name, they leave open.

    Raises `EndpointInvalid`.
    """
    return Filters.parse({"actions": [ALL], "kinds": [ALL], **filters})


def _parsed_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _parsed_filters(rendered: Mapping[str, Any] | None) -> Filters | None:
    return None if rendered is None else Filters.restore(rendered)
