"""Events: the audit log, and what it is asked."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load

from notifier.audit.questions import Question
from notifier.events.envelope import dump_event
from notifier.events.event import Action, Kind, TagChange
from notifier.registry.digest import Digest
from notifier.registry.errors import RegistryError
from notifier.registry.reference import parse_repository, parse_tag
from notifier.web.api.schemas.deliveries import DeliverySchema
from notifier.web.api.schemas.envelope import DIGEST, MEDIA_TYPE
from notifier.web.api.schemas.fields import CommaList, Instant, Nanoseconds
from notifier.web.api.schemas.paging import NEXT, PageQuerySchema

_MAX_TEXT = 512


def _digest(text: str) -> None:
    _check(Digest.parse, text, "Not a whole digest: its algorithm, a colon, its hex.")


def _repository(text: str) -> None:
    _check(parse_repository, text, "Not the name of a repository.")


def _tag(text: str) -> None:
    _check(parse_tag, text, "Not a tag.")


def _visible(text: str) -> None:
    if not 0 < len(text) <= _MAX_TEXT or not text.isprintable():
        raise ValidationError(f"Not 1 to {_MAX_TEXT} visible characters.")


class EventQuerySchema(PageQuerySchema):
    """What is asked of the log: all that is given has to be so."""

    digest = fields.String(
        validate=_digest,
        metadata={
            "description": "Of the content with this digest.",
            "example": DIGEST,
        },
    )
    repository = fields.String(
        validate=_repository,
        metadata={"description": "In this repository.", "example": "team/app"},
    )
    tag = fields.String(
        validate=_tag, metadata={"description": "By this tag.", "example": "1.0"}
    )
    action = CommaList(
        fields.Enum(Action, by_value=True),
        metadata={
            "description": "Any of these actions: several times, or with commas.",
            "example": ["push"],
        },
    )
    kind = fields.Enum(
        Kind,
        by_value=True,
        metadata={
            "description": "To this kind of thing. A tag counts as the manifest that "
            "it names."
        },
    )
    actor = fields.String(
        validate=_visible,
        metadata={"description": "By whom.", "example": "alice"},
    )
    media_type = fields.String(
        validate=_visible,
        metadata={"description": "Of this media type.", "example": MEDIA_TYPE},
    )
    since = Nanoseconds(
        metadata={
            "description": "At that time (RFC 3339) or later.",
            "example": "2026-05-01T00:00:00Z",
        }
    )
    until = Nanoseconds(
        metadata={
            "description": "Before that time (RFC 3339).",
            "example": "2026-06-01T00:00:00+02:00",
        }
    )

    @post_load
    def make_question(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Put together what is asked; the paging stays beside it."""
        digest, media_type = data.get("digest"), data.get("media_type")
        since_ns, until_ns = data.get("since"), data.get("until")
        if since_ns is not None and until_ns is not None and since_ns > until_ns:
            raise ValidationError("Earlier than since.", "until")
        question = Question(
            digest=Digest(digest) if digest else None,
            repository=data.get("repository"),
            tag=data.get("tag"),
            actions=tuple(data.get("action", ())),
            kind=data.get("kind"),
            actor=data.get("actor"),
            # A plus sign that was not escaped arrives as a space.
            media_type=media_type.replace(" ", "+") if media_type else None,
            since_ns=since_ns,
            until_ns=until_ns,
        )
        return {**data, "question": question}


class IngestedSchema(Schema):
    """Where an event of another registry came in."""

    source = fields.String(
        required=True,
        metadata={"description": "The source's name then.", "examples": ["registry-2"]},
    )
    id = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "What its sender calls it; null if it calls it nothing.",
            "examples": ["78982b8b-b64c-4157-b781-cb09effe27f9"],
        },
    )


class EntrySchema(Schema):
    """One line of the log: an event, and what is known beside it."""

    event = fields.Function(
        lambda entry: dump_event(entry.event),
        required=True,
        metadata={"allOf": [{"$ref": "#/components/schemas/Event"}]},
    )
    kind = fields.Enum(
        Kind,
        by_value=True,
        required=True,
        allow_none=True,
        attribute="event.target.kind",
        metadata={"description": "What it was done to; null for a ping."},
    )
    recorded_at = Instant(
        required=True,
        metadata={
            "description": "When it was written down.",
            "examples": ["2026-05-01T15:28:51.130000Z"],
        },
    )
    tag_change = fields.Enum(
        TagChange,
        by_value=True,
        required=True,
        allow_none=True,
        attribute="event.tag_change",
        metadata={
            "description": "What a push did to its tag; null if that is not known."
        },
    )
    credential = fields.String(
        required=True,
        allow_none=True,
        attribute="event.credential",
        metadata={
            "description": "By what kind of credential the actor was known; null if "
            "nobody was, or if that is not known.",
            "examples": [None],
        },
    )
    ingested = fields.Nested(
        IngestedSchema,
        required=True,
        allow_none=True,
        attribute="event.ingested",
        metadata={
            "description": "Where it came in, if another registry has told of it: then "
            "all that it says is what that registry claims."
        },
    )
    artifact_type = fields.String(
        required=True,
        allow_none=True,
        attribute="event.target.artifact_type",
        metadata={
            "description": "What kind of artifact the manifest says it is: its "
            "`artifactType`, else the media type of its config; null if there is "
            "neither, or if that is not known.",
            "examples": ["application/vnd.oci.image.config.v1+json"],
        },
    )
    previous_digest = fields.String(
        required=True,
        allow_none=True,
        attribute="event.previous_digest",
        metadata={
            "description": "What the tag pointed to before it was moved.",
            "examples": [None],
        },
    )


class EntryDetailSchema(EntrySchema):
    """A line of the log, and where the event was delivered."""

    deliveries = fields.List(
        fields.Nested(DeliverySchema),
        required=True,
        metadata={"description": "The newest 1000 of its deliveries."},
    )


class EntryPageSchema(Schema):
    """A page of the log, newest first.

    A page may be short, or empty, and still have a next: a question that few lines
    meet is answered in steps.
    """

    items = fields.List(fields.Nested(EntrySchema), required=True)
    next = NEXT


def _check(parse: Any, text: str, message: str) -> None:
    try:
        parse(text)
    except RegistryError:
        raise ValidationError(message) from None
