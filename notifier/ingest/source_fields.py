"""What the fields of a source may be."""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from notifier.ingest.errors import SourceInvalid
from notifier.ingest.source import SourceKind
from notifier.registry.errors import NameInvalid
from notifier.registry.reference import parse_repository

MAX_PREFIXES: Final = 100

_MAX_PREFIX: Final = 127
# It stands in a URL.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.:_*\[\]-]{1,255}", re.ASCII)


def is_name(text: str) -> bool:
    """Tell whether a source may be called so."""
    return _NAME.fullmatch(text) is not None


def checked_fields(**fields: Any) -> dict[str, Any]:
    """Return the columns of fields, those of `sources.create`.

    Raises `SourceInvalid`.
    """
    if "name" in fields and not is_name(fields["name"]):
        raise SourceInvalid(
            "name",
            "must have 1 to 100 of the characters A-Z a-z 0-9 . _ - "
            "and begin with a letter or digit",
        )
    if "kind" in fields and fields["kind"] not in list(SourceKind):
        raise SourceInvalid("kind", f"must be one of {', '.join(SourceKind)}")
    columns = dict(fields)
    if "kind" in fields:
        columns["kind"] = str(fields["kind"])
    if "prefixes" in fields:
        columns["prefixes"] = orjson.dumps(_checked_prefixes(fields["prefixes"]))
    return columns


def _checked_prefixes(prefixes: Mapping[str, str]) -> dict[str, str]:
    if len(prefixes) > MAX_PREFIXES:
        raise SourceInvalid("prefixes", f"must be {MAX_PREFIXES} at most")
    for host, prefix in prefixes.items():
        if not _HOST.fullmatch(host):
            raise SourceInvalid(
                "prefixes", "each must be named by a host, or by a glob of hosts"
            )
        if prefix:
            _check_prefix(prefix)
    return dict(prefixes)


def _check_prefix(prefix: str) -> None:
    try:
        parse_repository(prefix)
    except NameInvalid:
        raise SourceInvalid(
            "prefixes", "each must be like the name of a repository: mirror, team/hub"
        ) from None
    if len(prefix) > _MAX_PREFIX:
        raise SourceInvalid("prefixes", f"each must have {_MAX_PREFIX} at most")
