"""Options that ask the audit log: those of ``GET /api/v1/events``."""

from collections.abc import Callable
from typing import Any

import click

from notifier.audit.questions import Question
from notifier.cli.moments import MOMENT
from notifier.cli.options import choice
from notifier.events.event import Action, Kind
from notifier.registry.digest import Digest
from notifier.registry.errors import DigestInvalid


class _DigestType(click.ParamType[Digest]):
    """A whole digest."""

    name = "digest"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Digest:
        """Read ``sha256:…``."""
        try:
            return Digest.parse(value)
        except DigestInvalid:
            self.fail(f"{value!r} is not a whole digest, sha256:…", param, ctx)


_OPTIONS = (
    click.option("--digest", type=_DigestType(), help="Of the content with it."),
    click.option("--repository", help="In this repository."),
    click.option("--tag", help="By this tag."),
    click.option(
        "--action",
        "actions",
        multiple=True,
        type=choice(Action),
        help="Any of these actions.",
    ),
    click.option("--kind", type=choice(Kind), help="To this kind of thing."),
    click.option("--actor", help="By whom."),
    click.option("--media-type", help="Of this media type."),
    click.option(
        "--since", "since_ns", type=MOMENT, help="2026-05-01T15:28:51Z, or 2h ago: 2h."
    ),
    click.option("--until", "until_ns", type=MOMENT, help="Before that time."),
)


def question_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that make up a question."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def take_question(options: dict[str, Any]) -> Question:
    """Make a question of the options above; *options* has no others."""
    actions = tuple(Action(name) for name in options.pop("actions"))
    kind = options.pop("kind")
    return Question(actions=actions, kind=Kind(kind) if kind else None, **options)
