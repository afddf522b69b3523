"""Names that clients write: repositories, tags, and tag-or-digest references."""

import re

from notifier.registry.digest import Digest
from notifier.registry.errors import NameInvalid, TagInvalid

# OCI distribution specification, Pulling manifests.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*", re.ASCII)
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}", re.ASCII)
_MAX_REPOSITORY_LENGTH = 255


def parse_repository(text: str) -> str:
    """Return *text* if a repository can be called so; raise `NameInvalid`."""
    if len(text) > _MAX_REPOSITORY_LENGTH or not _REPOSITORY.fullmatch(text):
        raise NameInvalid({"name": text[: _MAX_REPOSITORY_LENGTH + 1]})
    return text


def parse_tag(text: str) -> str:
    """Return *text* if a tag can be called so; raise `TagInvalid`."""
    if not _TAG.fullmatch(text):
        raise TagInvalid({"tag": text[:256]})
    return text


def parse_reference(text: str) -> str | Digest:
    """Return a `Digest` if *text* has a colon, else a tag.

    Raises `DigestInvalid` or `TagInvalid`.
    """
    return Digest.parse(text) if ":" in text else parse_tag(text)
