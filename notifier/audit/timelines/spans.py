"""Spans: times in which a tag pointed to some digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.timelines.tag_changes import PUSH, ChangeRow
from notifier.events.event import Action
from notifier.events.record import Recorder
from notifier.registry.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An event by which a tag came to point to something else, or to nothing."""

    event_id: UUID
    action: Action
    timestamp_ns: int
    actor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time in which a tag pointed to *digest*, if its pusher told what that was.

    While it still does, nothing has *ended* it.
    """

    repository: str
    tag: str
    digest: Digest | None
    began: Change
    ended: Change | None


class SpanRows(NamedTuple):
    """A span, by the changes at its ends."""

    began: ChangeRow
    ended: ChangeRow | None


def name_spans(
    connection: sa.Connection, recorder: Recorder, spans: Sequence[SpanRows]
) -> Sequence[Span]:
    """Put names in the place of numbers."""
    rows = [row for span in spans for row in span if row is not None]
    digests = recorder.digests.resolve(connection, (row.digest_id for row in rows))
    actors = recorder.texts.resolve(connection, (row.actor_text for row in rows))
    names = recorder.repositories.resolve(
        connection, (row.repository_id for row in rows)
    )

    def change(row: ChangeRow) -> Change:
        return Change(
            event_id=row.id,
            action=Action.PUSH if row.action == PUSH else Action.DELETE,
            timestamp_ns=row.timestamp_ns,
            actor=actors[row.actor_text],
        )

    return [
        Span(
            repository=names[began.repository_id] or "",
            tag=began.tag,
            digest=digests[began.digest_id],
            began=change(began),
            ended=None if ended is None else change(ended),
        )
        for began, ended in spans
    ]
