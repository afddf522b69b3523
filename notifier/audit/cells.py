"""Cells: the lines of the log as CSV (RFC 4180), written fast.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula,
and strangers write some of what is here: their programs' names, say. Such a cell gets
an apostrophe before it, which spreadsheets do not show (OWASP, "CSV Injection"). Line
breaks within a cell are written as spaces, so that each record is one line.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from notifier.audit.items import (
    ACTIONS_OF,
    KINDS_OF,
    TAG_CHANGES_OF,
    render_id,
    render_moment,
)
from notifier.events.addresses import unpack_address
from notifier.events.envelope import render_timestamp
from notifier.events.rows import Names
from notifier.events.tables import unpack_outside_id

COLUMNS: Final = (
    *("id", "timestamp", "action", "kind", "repository", "tag", "digest"),
    *("media_type", "size", "artifact_type", "tag_change", "previous_digest"),
    *("from_repository", "actor", "credential", "address", "method", "host"),
    *("useragent", "request_id", "node", "ingested_source", "ingested_id"),
    *("recorded_at", "detail"),
)

_BREAK: Final = re.compile(r"\r\n|[\r\n]")
_FORMULA: Final = ("=", "+", "-", "@", "\t")


def render_head() -> bytes:
    """Write the record that names the columns."""
    return _write([COLUMNS])


def render_records(rows: Sequence[Any], names: Names) -> bytes:
    """Write a record for each of *rows*, which are as `read_rows` gives them."""
    safe = Names(_safe_all(names.texts), names.digests, _safe_all(names.repositories))
    return _write([_cells(row, safe) for row in rows])


def _write(records: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(records)
    return text.getvalue().encode()


def _cells(row: Any, names: Names) -> Sequence[Any]:
    texts, digests, repositories = names
    return (
        render_id(row.id),
        render_timestamp(row.timestamp_ns),
        ACTIONS_OF[row.action].value,
        KINDS_OF[row.kind],
        repositories[row.repository_id],
        row.tag and _safe(row.tag),
        digests[row.digest_id],
        texts[row.media_type_text],
        row.size,
        texts[row.artifact_type_text],
        TAG_CHANGES_OF[row.tag_change],
        digests[row.previous_digest_id],
        repositories[row.from_repository_id],
        texts[row.actor_text],
        texts[row.credential_text],
        _safe(unpack_address(row.addr, row.port)),
        _safe(row.method),
        texts[row.host_text],
        texts[row.useragent_text],
        render_id(row.request_id),
        texts[row.source_text],
        texts[row.ingest_text],
        row.ingest_id and _safe(unpack_outside_id(row.ingest_id)),
        render_moment(row.recorded_at),
        row.detail and row.detail.decode(),
    )


def _safe_all(names: Mapping[int | None, Any]) -> Mapping[int | None, Any]:
    return {number: name and _safe(name) for number, name in names.items()}


def _safe(text: str) -> str:
    if text.startswith(_FORMULA):
        text = f"'{text}"
    return _BREAK.sub(" ", text) if "\n" in text or "\r" in text else text
