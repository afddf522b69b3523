"""Retention: its rules, its runs, and what they would do."""

from collections.abc import Mapping
from typing import Any

from marshmallow import (
    Schema,
    ValidationError,
    fields,
    post_dump,
    post_load,
    validate,
    validates_schema,
)

from notifier.audit.retention.rules import (
    MAX_RULES,
    RetentionRule,
    parse_keep,
    render_keep,
)
from notifier.audit.retention.runs import RunState
from notifier.delivery.rules import ALL
from notifier.events.event import Action, Kind
from notifier.web.api.schemas.fields import Instant
from notifier.web.api.schemas.paging import NEXT

_ID = "0196db4e-7026-7001-8026-9f3a5c000041"
_AT = "2026-05-01T15:28:51.123456Z"
_MAX_ITEMS = 100
_MAX_LENGTH = 256
_RULES = [{"actions": ["pull"], "keep": "90d"}]


class Keep(fields.String):
    """How long something is kept."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(render_keep(value), attr, obj, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **more)
        try:
            return parse_keep(text)
        except ValueError as error:
            problem = str(error)
            raise ValidationError(f"{problem[0].upper()}{problem[1:]}.") from None


def _list(of: fields.String, about: str, example: list[str]) -> fields.List[str]:
    return fields.List(
        of,
        validate=validate.Length(1, _MAX_ITEMS),
        metadata={"description": about, "examples": [example]},
    )


class RetentionRuleSchema(Schema):
    """How long events of a kind are kept: those that every list names."""

    actions = _list(
        fields.String(validate=validate.OneOf([ALL, *Action])),
        "What was done; `*` is `push`, `pull`, `mount` and `delete`.",
        ["pull"],
    )
    kinds = _list(
        fields.String(validate=validate.OneOf([*Kind])),
        "What it was done to. A tag counts as the manifest that it names.",
        ["blob"],
    )
    repositories = _list(
        fields.String(validate=validate.Length(1, _MAX_LENGTH)),
        "Globs, of which one matches the repository: `*` is any text without a slash, "
        "`**` any text.",
        ["tmp/**"],
    )
    keep = Keep(
        required=True,
        metadata={
            "description": "For how many days, from `1d` on, or `forever`.",
            "examples": ["90d"],
        },
    )

    @post_load
    def make_rule(self, data: dict[str, Any], **_: Any) -> RetentionRule:
        """Put the rule together."""
        keep = data.pop("keep")
        return RetentionRule(
            keep=keep, **{key: tuple(items) for key, items in data.items()}
        )

    @post_dump
    def leave_out(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Leave lists out that name nothing."""
        return {key: value for key, value in data.items() if value}


def _rules(about: str, *, required: bool) -> fields.List[Any]:
    return fields.List(
        fields.Nested(RetentionRuleSchema),
        required=required,
        validate=validate.Length(0, MAX_RULES),
        metadata={"description": about, "examples": [_RULES]},
    )


class RulesSchema(Schema):
    """All rules. For each event the first that is about it counts.

    What no rule is about is kept for ever.
    """

    rules = _rules("In the order in which they are asked.", required=True)


class RetentionSchema(RulesSchema):
    """The rules, and when they were set, if ever."""

    updated_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "When they were set.", "examples": [_AT]},
    )


class NewRunSchema(Schema):
    """Whether a run is to be made, or only counted."""

    dry_run = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={
            "description": "Only count what would go, as far as one gets in a few "
            "seconds.",
            "examples": [True],
        },
    )
    rules = _rules(
        "Of a dry run alone: count by these, and not by those that are set.",
        required=False,
    )

    @validates_schema
    def check_rules(self, data: dict[str, Any], **_: Any) -> None:
        """See that a run that takes something goes by the rules that are set."""
        if "rules" in data and not data["dry_run"]:
            raise ValidationError("Only a dry run goes by other rules.", "rules")


def _number(about: str, example: int) -> fields.Integer:
    return fields.Integer(
        required=True, metadata={"description": about, "examples": [example]}
    )


class RunSchema(Schema):
    """One way through the log, the oldest event first."""

    id = fields.UUID(required=True, metadata={"examples": [_ID]})
    state = fields.Enum(
        RunState,
        by_value=True,
        required=True,
        metadata={"description": "How it goes.", "examples": ["running"]},
    )
    rules = _rules("The rules that it goes by.", required=True)
    examined = _number("How many events it has looked at.", 1_200_000)
    archived = _number("How many of them it has put into archives.", 1_000_000)
    archives = _number("How many archives these are.", 20)
    waiting = _number(
        "How many are to go, and have deliveries: they go in a later run, when those "
        "are forgotten.",
        0,
    )
    reached = Instant(
        required=True,
        allow_none=True,
        metadata={
            "description": "It has come to the events of that time.",
            "examples": ["2026-01-07T00:00:00Z"],
        },
    )
    until = Instant(
        required=True,
        metadata={
            "description": "It goes on to those of that time.",
            "examples": ["2026-01-31T00:00:00Z"],
        },
    )
    created_at = Instant(required=True, metadata={"examples": [_AT]})
    updated_at = Instant(required=True, metadata={"examples": [_AT]})
    finished_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "When it came to its end.", "examples": [_AT]},
    )
    error = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "What was in its way at last; it is tried again each "
            "minute.",
            "examples": ["no space left on device"],
        },
    )


class RunPageSchema(Schema):
    """A page of runs, newest first."""

    items = fields.List(fields.Nested(RunSchema), required=True)
    next = NEXT


class ExpiredSchema(Schema):
    """How many events would go by one of the rules."""

    rule = fields.Nested(
        RetentionRuleSchema, required=True, metadata={"description": "The rule."}
    )
    events = _number("How many.", 1_000_000)


class DryRunSchema(Schema):
    """What a run would do now."""

    expired = fields.List(
        fields.Nested(ExpiredSchema),
        required=True,
        metadata={"description": "What would go, by each rule."},
    )
    examined = _number("How many events were looked at.", 1_200_000)
    waiting = _number("How many would go, but for their deliveries.", 0)
    complete = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether all were counted; else there are so many at least.",
            "examples": [True],
        },
    )
