"""Options that ask the audit log, those of ``GET /api/v1/events``; and answers."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import click

from notifier.audit.answers import Entry, ask
from notifier.audit.grammar import (
    QuestionInvalid,
    read_choice,
    read_digest,
    read_network,
    read_repository,
    read_tag,
    read_text,
    reader_of,
)
from notifier.audit.questions import Question
from notifier.cli.moments import MOMENT
from notifier.cli.place import Place
from notifier.events.event import Action, Kind, TagChange

_Callback = Callable[[click.Context, click.Parameter, Any], Any]

_ASCENDING, _DESCENDING = "asc", "desc"


def _reading(read: Callable[[Any], Any]) -> _Callback:
    def callback(
        _context: click.Context, parameter: click.Parameter, given: Any
    ) -> Any:
        try:
            return None if given is None else read(given)
        except QuestionInvalid as error:
            text = str(error).rstrip(".")
            raise click.BadParameter(text, param=parameter) from None

    return callback


def _choice(name: str, read: Callable[[str], Any], help_: str) -> Any:
    return click.option(
        f"--{name}",
        multiple=True,
        callback=_reading(lambda texts: read_choice(texts, read)),
        help=help_,
    )


_OPTIONS = (
    click.option(
        "--digest",
        callback=_reading(read_digest),
        help="Of the content with it, or the first 12 or more of its hex digits.",
    ),
    _choice("repository", read_repository, "In this repository, or glob: 'team/**'."),
    _choice("tag", read_tag, "By this tag."),
    _choice("tag-change", reader_of(TagChange), f"One of: {', '.join(TagChange)}."),
    _choice("action", reader_of(Action), "Of this action: push, pull, delete, …"),
    _choice("kind", reader_of(Kind), f"To this kind of thing: {', '.join(Kind)}."),
    _choice("actor", read_text, "By whom."),
    _choice("media-type", read_text, "Of this media type."),
    _choice("address", read_network, "From this address or network: 10.0.0.0/8."),
    _choice("useragent", read_text, "By this program: 'docker/27.*'."),
    click.option(
        "--since", "since_ns", type=MOMENT, help="2026-05-01T15:28:51Z, or 2h ago: 2h."
    ),
    click.option("--until", "until_ns", type=MOMENT, help="Before that time."),
)

order_option = click.option(
    "--order",
    type=click.Choice([_ASCENDING, _DESCENDING]),
    default=_DESCENDING,
    show_default=True,
    help="The newest first, or the oldest: asc.",
)


def question_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that make up a question.

    Those that name values may be given several times; ``!`` before a value leaves it
    out.
    """
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def take_question(options: dict[str, Any]) -> Question:
    """Make a question of the options above; *options* has no others."""
    order = options.pop("order", _DESCENDING)
    return Question(oldest_first=order == _ASCENDING, **options)


def answer(
    place: Place, question: Question, limit: int, after: UUID | None = None
) -> tuple[list[Entry], UUID | None]:
    """Return up to *limit* entries, and what comes after them."""
    entries: list[Entry] = []
    while True:
        wanted = limit - len(entries)
        with place.database.read() as connection:
            page = ask(connection, place.recorder, question, limit=wanted, after=after)
        entries += page.entries
        after = page.next
        if after is None or len(entries) == limit:
            return entries, after
