"""How commands show events."""

from notifier.audit.answers import Entry
from notifier.cli.output import moment, short_digest
from notifier.events.envelope import render_timestamp
from notifier.events.event import Event

EVENT_HEADINGS = ["time", "action", "repository", "digest", "actor", "client"]


def event_cells(event: Event) -> list[str]:
    """Return what stands below `EVENT_HEADINGS`."""
    target = event.target
    tag = f":{target.tag}" if target.tag else ""
    return [
        render_timestamp(event.timestamp_ns)[: len("2026-05-01T15:28:51")],
        event.action,
        (target.repository or "") + tag,
        short_digest(target.descriptor.digest) if target.descriptor else "",
        event.actor or "",
        event.request.addr,
    ]


def entry_fields(entry: Entry) -> dict[str, str]:
    """Return all that there is to show of an entry, by its name."""
    event, target = entry.event, entry.event.target
    descriptor = target.descriptor
    return {
        "id": str(event.id),
        "time": render_timestamp(event.timestamp_ns),
        "recorded": moment(entry.recorded_at),
        "action": event.action,
        "kind": target.kind or "",
        "repository": target.repository or "",
        "from": target.from_repository or "",
        "tag": target.tag or "",
        "tag is": event.tag_change or "",
        "before": event.previous_digest or "",
        "digest": descriptor.digest if descriptor else "",
        "media type": descriptor.media_type if descriptor else "",
        "artifact type": target.artifact_type or "",
        "size": str(descriptor.size) if descriptor else "",
        "actor": event.actor or "",
        "client": event.request.addr,
        "user agent": event.request.useragent,
        "request": f"{event.request.method} {event.request.id}",
        "source": event.source.addr,
    }
