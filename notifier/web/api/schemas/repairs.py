"""Repairs: redeliveries of many and replays, asked for and under way."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.repair.repairs import MAX_RATE, MIN_RATE, RepairState
from notifier.delivery.repair.selection import (
    DeliverySelection,
    EventSelection,
    narrowing,
)
from notifier.web.api.schemas.fields import Instant, Moment
from notifier.web.api.schemas.filters import FiltersSchema
from notifier.web.api.schemas.paging import NEXT, PageQuerySchema

_ID = "0196db4e-7025-7001-8025-9f3a5c000031"
_ENDPOINT = "0196db4d-0001-7abc-8def-000000000001"
_AT = "2026-05-01T15:28:51.123456Z"
_FAILED = (
    "Of those that failed only the ones whose last attempt was made then or later."
)


class EventFiltersSchema(FiltersSchema):
    """Which events are meant: those that every list names.

    What is absent leaves its matter open, `actions` and `kinds` as well.
    """


def _since(about: str, **more: Any) -> Moment:
    metadata = {"description": about, "examples": ["2026-05-01T00:00:00Z"]}
    return Moment(metadata=metadata, **more)


def _until(about: str) -> Moment:
    metadata = {"description": about, "examples": ["2026-06-01T00:00:00+02:00"]}
    return Moment(metadata=metadata)


def _rate() -> fields.Float:
    return fields.Float(
        validate=validate.Range(MIN_RATE, MAX_RATE),
        metadata={
            "description": "How many deliveries a second are made due. If absent, as "
            "many as the endpoint takes.",
            "examples": [50],
        },
    )


def _switch(about: str) -> fields.Boolean:
    return fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": about, "examples": [True]},
    )


def _dry_run() -> fields.Boolean:
    return _switch("Only count how many they are.")


class NewRedeliverySchema(Schema):
    """Which deliveries are to be sent once more: all that is given has to be so."""

    endpoint_id = fields.UUID(
        metadata={
            "description": "To this endpoint; if absent, to any that is enabled.",
            "examples": [_ENDPOINT],
        }
    )
    states = fields.List(
        fields.Enum(DeliveryState, by_value=True),
        load_default=[DeliveryState.FAILED],
        validate=validate.Length(1),
        metadata={"description": "In one of these states.", "examples": [["failed"]]},
    )
    since = _since("Made at that time (RFC 3339) or later.")
    until = _until("Made before that time (RFC 3339).")
    filters = fields.Nested(
        EventFiltersSchema, metadata={"description": "Of events like this."}
    )
    rate = _rate()
    dry_run = _dry_run()

    @post_load
    def make_selection(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Put together which deliveries are meant."""
        states = tuple(data.pop("states"))
        selection = DeliverySelection(states=states, **_taken(data))
        return {**data, "selection": selection}


class NewRecoverySchema(Schema):
    """Since when an endpoint has missed what it is to get now."""

    since = _since(f"{_FAILED} What waits for a retry is due at once.", required=True)
    rate = _rate()
    dry_run = _dry_run()


class NewReplaySchema(Schema):
    """Which events are to be sent: all that is given has to be so."""

    since = _since(
        "Recorded at that time (RFC 3339) or later. It may be absent only with "
        "`latest_push_per_tag`."
    )
    until = _until("Recorded before that time (RFC 3339).")
    filters = fields.Nested(
        EventFiltersSchema, metadata={"description": "Events like this."}
    )
    include_unwanted = _switch(
        "Send also what the filters of the endpoint do not want."
    )
    latest_push_per_tag = _switch(
        "Send only the latest push of each tag that is there now, in the order of "
        "repositories and tags: what a receiver needs that begins to follow them."
    )
    rate = _rate()
    dry_run = _dry_run()

    @post_load
    def make_selection(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Put together which events are meant."""
        is_latest = data.pop("latest_push_per_tag")
        if "since" not in data and not is_latest:
            raise ValidationError("Say since when.", "since")
        selection = EventSelection(
            include_unwanted=data.pop("include_unwanted"),
            latest_push_per_tag=is_latest,
            **_taken(data),
        )
        return {**data, "selection": selection}


def _taken(data: dict[str, Any]) -> dict[str, Any]:
    """Take out of *data* what all selections have."""
    since, until = data.pop("since", None), data.pop("until", None)
    if since is not None and until is not None and since > until:
        raise ValidationError("Earlier than since.", "until")
    filters = data.pop("filters", None)
    return {
        "since": since,
        "until": until,
        "filters": None if filters is None else narrowing(filters),
    }


class CountSchema(Schema):
    """How many they are."""

    total = fields.Integer(
        required=True, metadata={"description": "How many.", "examples": [1200]}
    )
    complete = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether all were counted; if not, there may be more.",
            "examples": [True],
        },
    )


def _time(attribute: str, about: str) -> Instant:
    return Instant(
        required=True,
        allow_none=True,
        attribute=attribute,
        metadata={"description": about, "examples": [_AT]},
    )


class RepairSchema(Schema):
    """What was asked for, and how far it has come."""

    id = fields.UUID(required=True, metadata={"examples": [_ID]})
    endpoint_id = fields.UUID(
        required=True,
        allow_none=True,
        metadata={
            "description": "For this endpoint; null for all.",
            "examples": [None],
        },
    )
    endpoint_name = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Its name.", "examples": [None]},
    )
    state = fields.Enum(
        RepairState,
        by_value=True,
        required=True,
        metadata={
            "description": "`counting` until `total` is known, then `running`; `done` "
            "when all are due, `cancelled` if somebody has said so or the endpoint was "
            "removed."
        },
    )
    total = fields.Integer(
        required=True,
        metadata={
            "description": "How many deliveries it is of; while they are counted, "
            "how many were found so far.",
            "examples": [1200],
        },
    )
    done = fields.Integer(
        required=True,
        metadata={
            "description": "How many of them are due by now, or were sent.",
            "examples": [400],
        },
    )
    rate = fields.Float(
        required=True,
        allow_none=True,
        metadata={
            "description": "How many a second; null: no limit.",
            "examples": [50],
        },
    )
    since = _time("selection.since", "From that time on; null: from the first one.")
    until = _time("selection.until", "Before that time; null: until it was asked for.")
    filters = fields.Function(
        lambda repair: repair.selection.filters and repair.selection.filters.render(),
        required=True,
        metadata={
            "anyOf": [{"$ref": "#/components/schemas/EventFilters"}, {"type": "null"}],
            "description": "Of events like this; null: of all.",
        },
    )
    created_at = Instant(required=True, metadata={"examples": [_AT]})
    updated_at = Instant(required=True, metadata={"examples": [_AT]})
    finished_at = Instant(
        required=True,
        allow_none=True,
        metadata={
            "description": "When it was over; null: not yet.",
            "examples": [None],
        },
    )


class RedeliverySchema(RepairSchema):
    """A redelivery of many: what was asked for, and how far it has come."""

    states = fields.List(
        fields.Enum(DeliveryState, by_value=True),
        required=True,
        attribute="selection.states",
        metadata={"description": "In one of these states.", "examples": [["failed"]]},
    )
    failed_since = _time("selection.failed_since", f"{_FAILED} Null: any.")


class ReplaySchema(RepairSchema):
    """A replay: what was asked for, and how far it has come."""

    include_unwanted = fields.Boolean(
        required=True,
        attribute="selection.include_unwanted",
        metadata={"description": "Whether the endpoint's filters count for nothing."},
    )
    latest_push_per_tag = fields.Boolean(
        required=True,
        attribute="selection.latest_push_per_tag",
        metadata={"description": "Whether it is of the tags that are there now."},
    )


class RepairQuerySchema(PageQuerySchema):
    """Which redeliveries or replays are wanted."""

    endpoint = fields.UUID(metadata={"description": "For the endpoint of this id."})


class RedeliveryPageSchema(Schema):
    """A page of redeliveries, newest first."""

    items = fields.List(fields.Nested(RedeliverySchema), required=True)
    next = NEXT


class ReplayPageSchema(Schema):
    """A page of replays, newest first."""

    items = fields.List(fields.Nested(ReplaySchema), required=True)
    next = NEXT
