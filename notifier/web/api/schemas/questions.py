"""Questions: what the audit log is asked."""

from collections.abc import Callable, Mapping
from dataclasses import fields as fields_of
from enum import StrEnum
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from notifier.audit.grammar import (
    MAX_VALUES,
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
from notifier.events.event import Action, Kind, TagChange
from notifier.web.api.schemas.envelope import DIGEST, MEDIA_TYPE
from notifier.web.api.schemas.fields import CommaList, NanosecondsOrAgo

_AGAIN = f"Up to {MAX_VALUES} times: any of them. With `!` before it: none of those."
_ASCENDING, _DESCENDING = "asc", "desc"


class _DigestField(fields.String):
    """A digest, or how it begins."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **more)
        return _read(read_digest, text)


class _ChoiceField(fields.List[Any]):
    """Values that are wanted, and others that are not."""

    def __init__(
        self, read: Callable[[str], Any], description: str, example: str
    ) -> None:
        super().__init__(
            fields.String(),
            metadata={"description": f"{description} {_AGAIN}", "example": [example]},
        )
        self._read = read

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> Any:
        texts = super()._deserialize(value, attr, data, **more)
        return _read(lambda given: read_choice(given, self._read), texts)


class _EnumChoiceField(CommaList):
    """Names of a few that are wanted, and others that are not; also with commas."""

    def __init__(self, kind: type[StrEnum], description: str, example: str) -> None:
        names = [*kind, *(f"!{name}" for name in kind)]
        super().__init__(
            fields.String(metadata={"enum": names}),
            metadata={
                "description": f"{description} Or with commas. {_AGAIN}",
                "example": [example],
            },
        )
        self._read = reader_of(kind)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> Any:
        texts = super()._deserialize(value, attr, data, **more)
        return _read(lambda given: read_choice(given, self._read), texts)


class QuestionSchema(Schema):
    """What is asked of the log: all that is given has to be so."""

    digest = _DigestField(
        metadata={
            "description": "Of the content with this digest. Its first 12 hex digits "
            "or more will do, with `sha256:` or without, if no other begins so.",
            "example": DIGEST,
        }
    )
    repository = _ChoiceField(
        read_repository,
        "In this repository, or in those that a glob matches: `team/**`.",
        "team/app",
    )
    tag = _ChoiceField(read_tag, "By this tag.", "1.0")
    tag_change = _EnumChoiceField(TagChange, "What a push did to its tag.", "moved")
    action = _EnumChoiceField(Action, "Of this action.", "push")
    kind = _EnumChoiceField(
        Kind,
        "To this kind of thing. A tag counts as the manifest that it names.",
        "manifest",
    )
    actor = _ChoiceField(read_text, "By whom.", "alice")
    media_type = _ChoiceField(
        # A plus sign that was not escaped arrives as a space.
        lambda text: read_text(text).replace(" ", "+"),
        "Of this media type.",
        MEDIA_TYPE,
    )
    address = _ChoiceField(
        read_network, "From this address, or this network.", "10.0.0.0/8"
    )
    useragent = _ChoiceField(
        read_text,
        "By this program, as it calls itself; `*` stands for any characters.",
        "docker/27.*",
    )
    since = NanosecondsOrAgo(
        metadata={
            "description": "At that time (RFC 3339) or later, or since so long ago: "
            "`90s`, `30m`, `24h`, `7d`, `2w`.",
            "example": "2026-05-01T00:00:00Z",
        }
    )
    until = NanosecondsOrAgo(
        metadata={
            "description": "Before that time (RFC 3339), or until so long ago.",
            "example": "2026-06-01T00:00:00+02:00",
        }
    )
    order = fields.String(
        validate=validate.OneOf([_ASCENDING, _DESCENDING]),
        load_default=_DESCENDING,
        metadata={"description": "The newest first, or with `asc` the oldest."},
    )

    @post_load
    def make_question(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Put together what is asked; the paging stays beside it."""
        since_ns, until_ns = data.get("since"), data.get("until")
        if since_ns is not None and until_ns is not None and since_ns > until_ns:
            raise ValidationError("Earlier than since.", "until")
        names = {field.name for field in fields_of(Question)}
        question = Question(
            since_ns=since_ns,
            until_ns=until_ns,
            oldest_first=data.get("order") == _ASCENDING,
            **{name: value for name, value in data.items() if name in names},
        )
        return {**data, "question": question}


def _read(read: Callable[[Any], Any], given: Any) -> Any:
    try:
        return read(given)
    except QuestionInvalid as error:
        raise ValidationError(str(error)) from None
