"""Options that say how an endpoint is sent to."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from notifier.cli.options import choice
from notifier.cli.output import moment
from notifier.delivery.breaker import Breaker
from notifier.delivery.policy import POLICY_FIELDS, Ordered, Policy, Supersede
from notifier.delivery.schedule import SCHEDULES

_NONE = "none"


class _OrNone(click.ParamType[Any]):
    """What another type reads, or ``none``."""

    def __init__(self, inner: "click.ParamType[Any]") -> None:
        self._inner = inner
        self.name = f"{inner.name}|{_NONE}"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """Read it; an empty text stands for none, for None is what is not given."""
        return "" if value == _NONE else self._inner.convert(value, param, ctx)


class _Retry(click.ParamType[Any]):
    """The name of a schedule, or delays in seconds."""

    name = "schedule"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """Read ``short`` or ``0,5,60``."""
        if value in SCHEDULES:
            return value
        try:
            return [float(part) for part in value.split(",")]
        except ValueError:
            self.fail(f"say one of {', '.join(SCHEDULES)}, or 0,5,60", param, ctx)


def policy_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options about how an endpoint is sent to."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def take_policy(options: dict[str, Any]) -> dict[str, Any]:
    """Take the options above out of *options*; return the fields that were given."""
    given = {name: options.pop(name) for name in POLICY_FIELDS}
    return {
        name: None if value == "" else value
        for name, value in given.items()
        if value is not None
    }


def describe_policy(policy: Policy) -> str:
    """Say in words how *policy* differs from what is usual."""
    usual = Policy()
    return "; ".join(
        f"{name.replace('_', ' ')} {_text(value)}"
        for name, value in policy.render().items()
        if value != getattr(usual, name)
    )


def describe_health(breaker: Breaker, reason: str | None) -> str:
    """Say how an endpoint has fared, if it has not accepted what it was last sent."""
    if reason:
        return f"disabled: {reason}"
    if not breaker.failures:
        return "ok"
    now = datetime.now(UTC)
    words = [f"{breaker.failures} failures since {moment(breaker.failing_since)}"]
    if breaker.is_paused(now):
        words.append(f"paused until {moment(breaker.paused_until)}")
    return ", ".join(words)


def _text(value: Any) -> str:
    if value is None:
        return _NONE
    if isinstance(value, tuple):
        return ",".join(f"{delay:g}" for delay in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


_OPTIONS = (
    click.option(
        "--retry",
        type=_Retry(),
        help=f"When to try again: {', '.join(SCHEDULES)}, or seconds: 0,5,60.",
    ),
    click.option("--max-in-flight", type=int, help="POSTs at once. [default: 16]"),
    click.option(
        "--rate-limit", type=_OrNone(click.FLOAT), help="POSTs a second, or none."
    ),
    click.option("--max-batch", type=int, help="Events in one POST. [default: 1]"),
    click.option(
        "--linger-ms", type=int, help="How long fewer events wait for others."
    ),
    click.option(
        "--ordered",
        type=_OrNone(choice(Ordered)),
        help="Keep the order of events within each repository.",
    ),
    click.option(
        "--supersede",
        type=_OrNone(choice(Supersede)),
        help="Cancel what still waits about a tag that moves again.",
    ),
    click.option(
        "--disable-after-s",
        type=_OrNone(click.FLOAT),
        help="Seconds of nothing but failures, or none. [default: 432000]",
    ),
)
