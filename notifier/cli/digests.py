"""The digests commands: all that is known of one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import click

from notifier.audit.digests import DigestPrefix
from notifier.audit.grammar import QuestionInvalid, read_digest
from notifier.audit.timelines.digest_deliveries import DigestDelivery
from notifier.audit.timelines.digest_lists import DigestLists, Part
from notifier.audit.timelines.digests import UsedDigest, get_digest, list_digest_days
from notifier.audit.timelines.relations import Relative
from notifier.audit.timelines.repositories import UsedRepository
from notifier.audit.timelines.spans import Span
from notifier.cli.deliveries import DELIVERY_HEADINGS, delivery_cells
from notifier.cli.event_output import EVENT_HEADINGS, event_cells
from notifier.cli.options import json_option
from notifier.cli.output import print_fields, print_json, print_table
from notifier.cli.place import open_place
from notifier.cli.tags import span_cells
from notifier.cli.usage import (
    DAY_HEADINGS,
    USAGE_HEADINGS,
    count,
    day_cells,
    days_option,
    usage_cells,
)
from notifier.registry.digest import Digest
from notifier.web.api.schemas.digests import dump_timeline

_MOST = 100


@click.group("digests")
def command() -> None:
    """See all that is known of a digest."""


@command.command()
@click.argument("digest")
@days_option
@json_option
def show(digest: str, *, days: int, as_json: bool) -> None:
    """Show all that is known of DIGEST, as one timeline.

    By whom it was pushed, mounted and deleted, which tags pointed to it and when, how
    often it was pulled, what was delivered, and the manifests that belong to it: at
    most 100 of each, the newest first. With --json it is what the REST API answers. Of
    the digest, the first twelve of its hex digits do.

    \b
    Examples:
      notifier digests show sha256:182fff216e7c
    """
    today = datetime.now(UTC).date()
    with open_place() as place:
        count(place)
        with place.database.read() as connection:
            found = get_digest(
                connection, place.recorder, _parse(digest), lambda _: True
            )
            pulls = list_digest_days(connection, found, today, days)
            lists = DigestLists(connection, place.recorder, found, lambda _: True)
            if as_json:
                print_json(dump_timeline(found, pulls, lists))
                return
            shown = {part: lists.page(part, _MOST)[0] for part in Part}
    print_fields(_fields(found))
    _print("pulls", DAY_HEADINGS, map(day_cells, pulls))
    for part, items in shown.items():
        headings, cells = _TABLES[part]
        _print(part, headings, map(cells, items))


def _parse(text: str) -> Digest | DigestPrefix:
    try:
        return read_digest(text)
    except QuestionInvalid as refusal:
        raise click.BadParameter(str(refusal), param_hint="DIGEST") from None


def _print(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table under its title, unless it is empty."""
    if found := list(rows):
        click.echo(f"\n{title}")
        print_table(headings, found)


def _fields(found: UsedDigest) -> dict[str, str]:
    target = found.newest.target if found.newest else None
    descriptor = target.descriptor if target else None
    return {
        "digest": found.digest,
        "kind": (target and target.kind) or "",
        "media type": descriptor.media_type if descriptor else "",
        "artifact type": (target and target.artifact_type) or "",
        "size": str(descriptor.size) if descriptor else "",
        **dict(zip(USAGE_HEADINGS, usage_cells(found.usage), strict=True)),
    }


def _span_cells(span: Span) -> list[str]:
    return [f"{span.repository}:{span.tag}", *span_cells(span)[:2]]


def _delivery_cells(told: DigestDelivery) -> list[str]:
    tag = f":{told.tag}" if told.tag else ""
    return [told.action, told.repository + tag, *delivery_cells(told.delivery)]


def _repository_cells(repository: UsedRepository) -> list[str]:
    return [repository.name, *usage_cells(repository.usage)]


def _relative_cells(relative: Relative) -> list[str]:
    platform = (relative.platform or {}).values()
    return [
        relative.repository,
        relative.digest,
        relative.artifact_type or relative.media_type,
        " ".join(text for text in platform if isinstance(text, str)),
    ]


_RELATIVE: Final = ["repository", "digest", "type", "platform"]
_TABLES: Final[Mapping[Part, tuple[Sequence[str], Callable[[Any], list[str]]]]] = {
    Part.CHANGES: (EVENT_HEADINGS, lambda entry: event_cells(entry.event)),
    Part.TAGS: (["tag", "since", "until"], _span_cells),
    Part.REPOSITORIES: (["repository", *USAGE_HEADINGS], _repository_cells),
    Part.DELIVERIES: (["action", "of", *DELIVERY_HEADINGS], _delivery_cells),
    **dict.fromkeys(
        (Part.CHILDREN, Part.PARENTS, Part.REFERRERS), (_RELATIVE, _relative_cells)
    ),
}
