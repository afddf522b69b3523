"""Items: the lines of the log as JSON, written fast.

They are what ``EntrySchema`` makes of entries, in a tenth of its time. The words within
``event`` are those of `notifier.events.envelope`.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa

from notifier.audit.rows import read_rows
from notifier.events.addresses import unpack_address
from notifier.events.envelope import render_timestamp
from notifier.events.event import Action
from notifier.events.record import Recorder
from notifier.events.rows import Names
from notifier.events.tables import ACTIONS, KINDS, TAG_CHANGES, unpack_outside_id
from notifier.events.urls import whole_url

ACTIONS_OF: Final = {number: action for action, number in ACTIONS.items()}
KINDS_OF: Final = {None: None} | {number: kind for kind, number in KINDS.items()}
TAG_CHANGES_OF: Final = {None: None} | {n: change for change, n in TAG_CHANGES.items()}

_DELETE: Final = ACTIONS[Action.DELETE]
_US_PER_S: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000


def render_items(
    connection: sa.Connection, recorder: Recorder, ids: Sequence[UUID]
) -> list[bytes | None]:
    """Write the items of *ids*; None is for those that are not there any more."""
    rows = read_rows(connection, ids)
    names = recorder.names(connection, [row for row in rows if row])
    return [row and render_item(row, names) for row in rows]


def render_item(row: Any, names: Names) -> bytes:
    """Write one of `read_rows` as the item that a list of them has, on one line."""
    texts = names.texts
    return orjson.dumps(
        {
            "event": _event(row, names),
            "kind": KINDS_OF[row.kind],
            "recorded_at": render_moment(row.recorded_at),
            "tag_change": TAG_CHANGES_OF[row.tag_change],
            "credential": texts[row.credential_text],
            "ingested": _ingested(row, names),
            "artifact_type": texts[row.artifact_type_text],
            "previous_digest": names.digests[row.previous_digest_id],
        }
    )


def render_moment(microseconds: int) -> str:
    """Write a time as lists have it."""
    seconds, fraction = divmod(microseconds, _US_PER_S)
    whole = render_timestamp(seconds * _NS_PER_S)
    return f"{whole[:-1]}.{fraction:06d}Z" if fraction else whole


def render_id(value: UUID | bytes) -> str:
    """Write a UUID, whatever the driver makes of it."""
    if isinstance(value, UUID):
        return str(value)
    text = value.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _event(row: Any, names: Names) -> dict[str, Any]:
    texts = names.texts
    actor = texts[row.actor_text]
    rendered: dict[str, Any] = {
        "id": render_id(row.id),
        "timestamp": render_timestamp(row.timestamp_ns),
        "action": ACTIONS_OF[row.action],
        "target": _target(row, names),
        "request": {
            "id": render_id(row.request_id),
            "addr": unpack_address(row.addr, row.port),
            "host": texts[row.host_text] or "",
            "method": row.method,
            "useragent": texts[row.useragent_text] or "",
        },
        "actor": {} if actor is None else {"name": actor},
        "source": {
            "addr": texts[row.source_text] or "",
            "instanceID": texts[row.instance_text],
        },
    }
    if row.detail is not None:
        rendered["detail"] = orjson.Fragment(row.detail)
    return rendered


def _target(row: Any, names: Names) -> dict[str, Any]:
    digest = names.digests[row.digest_id]
    rendered: dict[str, Any]
    if digest is None:
        rendered = {"mediaType": "", "digest": "", "size": 0}
    else:
        media_type = names.texts[row.media_type_text] or ""
        rendered = {"mediaType": media_type, "digest": digest, "size": row.size}
        if row.action != _DELETE:
            rendered["length"] = row.size
    repository = names.repositories[row.repository_id]
    if repository is not None:
        rendered["repository"] = repository
    if row.from_repository_id is not None:
        rendered["fromRepository"] = names.repositories[row.from_repository_id]
    if row.registry_text is not None:
        registry = names.texts[row.registry_text] or ""
        rendered["url"] = whole_url(registry, KINDS_OF[row.kind], repository, digest)
    if row.tag is not None:
        rendered["tag"] = row.tag
    if row.target_references is not None:
        references = orjson.loads(row.target_references)
        rendered["references"] = [_reference(each) for each in references]
    return rendered


def _reference(kept: dict[str, Any]) -> dict[str, Any]:
    rendered = {
        "mediaType": kept["media_type"],
        "digest": kept["digest"],
        "size": kept["size"],
    }
    if kept["platform"] is not None:
        rendered["platform"] = kept["platform"]
    return rendered


def _ingested(row: Any, names: Names) -> dict[str, Any] | None:
    if row.ingest_text is None:
        return None
    id_ = None if row.ingest_id is None else unpack_outside_id(row.ingest_id)
    return {"source": names.texts[row.ingest_text], "id": id_}
