"""The tags commands: what tags point to, now and before."""

from typing import Any
from uuid import UUID

import click

from notifier.audit.cursor import render_cursor
from notifier.audit.timelines.spans import Change, Span
from notifier.audit.timelines.tag_history import TagHistory
from notifier.audit.timelines.tagged import list_tagged, parse_place, render_place
from notifier.cli.moments import MOMENT
from notifier.cli.options import cursor_option, json_option, limit_option
from notifier.cli.output import print_json, print_table, short_digest
from notifier.cli.place import open_place
from notifier.cli.usage import (
    USAGE_HEADINGS,
    all_of,
    selection_options,
    take_selection,
    usage_cells,
)
from notifier.events.envelope import render_timestamp
from notifier.web.api.schemas.tags import SpanSchema, TaggedSchema

SPAN_HEADINGS = ["since", "until", "digest", "pushed by", "ended by"]

_HISTORY = "tag_history"


@click.group("tags")
def command() -> None:
    """See what tags point to, now and before, and what nobody pulls any more."""


@command.command("list")
@selection_options
@json_option
def list_tags(*, limit: int, cursor: str | None, as_json: bool, **options: Any) -> None:
    """List what tags point to now, by repository and tag, and its usage.

    With --unpulled-for, what was never pulled counts from its last push, and an index
    is used as long as anything that it lists is.

    \b
    Examples:
      notifier tags list --unpulled-for 90d
      notifier tags list --repository 'team/**' --unpulled-for 90d --json
    """
    after = None if cursor is None else parse_place(cursor)
    with open_place() as place:
        selection = take_selection(place, options)
        with place.database.read() as connection:
            found, next_ = all_of(
                limit,
                after,
                lambda wanted, after: list_tagged(
                    connection, place.recorder, selection, limit=wanted, after=after
                ),
            )
    if as_json:
        items = TaggedSchema(many=True).dump(found)
        print_json({"items": items, "next": next_ and render_place(next_)})
        return
    print_table(
        ["repository", "tag", "digest", *USAGE_HEADINGS],
        [
            [
                item.repository,
                item.tag,
                short_digest(item.digest),
                *usage_cells(item.usage),
            ]
            for item in found
        ],
    )


@command.command()
@click.argument("repository")
@click.argument("tag")
@click.option("--at", "at_ns", type=MOMENT, help="Only what it pointed to then.")
@limit_option
@cursor_option(_HISTORY)
@json_option
def history(
    repository: str,
    tag: str,
    *,
    at_ns: int | None,
    limit: int,
    before: UUID | None,
    as_json: bool,
) -> None:
    """Tell what TAG of REPOSITORY has pointed to, and from when to when.

    \b
    Examples:
      notifier tags history team/app latest
      notifier tags history team/app latest --at 2026-11-01T12:00Z
    """
    with open_place() as place, place.database.read() as connection:
        history = TagHistory(connection, place.recorder, repository, tag)
        if at_ns is None:
            spans, next_ = history.list(limit=limit, before=before)
        else:
            found = history.find(at_ns)
            spans, next_ = [found] if found else [], None
    if as_json:
        next_cursor = render_cursor(_HISTORY, next_) if next_ else None
        items = SpanSchema(many=True).dump(spans)
        print_json({"items": items, "next": next_cursor})
        return
    print_table(SPAN_HEADINGS, map(span_cells, spans))


def span_cells(span: Span) -> list[str]:
    """Return what stands below `SPAN_HEADINGS`."""
    ended = span.ended
    return [
        _second(span.began),
        _second(ended) if ended else "",
        span.digest or "",
        span.began.actor or "",
        f"{ended.action} {ended.actor or ''}" if ended else "",
    ]


def _second(change: Change) -> str:
    return render_timestamp(change.timestamp_ns)[: len("2026-05-01T15:28:51")]
