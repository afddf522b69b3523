"""Users, grants and tokens: who there is, and what they may do."""

from typing import Any, Final

from marshmallow import Schema, fields, validate

from notifier.access.permits import Permit
from notifier.access.subjects import Kind
from notifier.web.api.schemas.fields import Instant, Moment
from notifier.web.api.schemas.paging import NEXT, PageQuerySchema

_ID: Final = "0196db4e-7017-7001-8017-9f3a5c000017"
_AT: Final = "2026-05-01T15:28:51.123456Z"
_SUBJECT: Final = (
    "Whom it is for: `user:NAME`, `robot:NAME`, `group:NAME`, `authenticated`, which "
    "is whoever has proved a name, or `anonymous`, which is everybody."
)
_OWNER: Final = "Whose it is: `user:NAME` or `robot:NAME`"


def _groups(**more: Any) -> fields.List[str]:
    return fields.List(
        fields.String(),
        metadata={
            "description": "The groups that they are in, each known by its name alone.",
            "examples": [["developers"]],
        },
        **more,
    )


def _password() -> fields.String:
    return fields.String(
        load_only=True,
        allow_none=True,
        metadata={
            "description": "Their password; null for none. It is never shown.",
            "examples": ["correct horse battery staple"],
        },
    )


def _permits(about: str, **more: Any) -> fields.List[str]:
    return fields.List(
        fields.String(validate=validate.OneOf(list(Permit))),
        metadata={"description": about, "examples": [["pull", "push"]]},
        **more,
    )


def _repositories(**more: Any) -> fields.List[str]:
    return fields.List(
        fields.String(),
        metadata={
            "description": "Globs, of which one matches the repository: `*` is any "
            "text without a slash, `**` any text.",
            "examples": [["team/**"]],
        },
        **more,
    )


class NewUserSchema(Schema):
    """A user or a robot to create."""

    name = fields.String(
        required=True,
        metadata={"description": "What they log in by.", "examples": ["alice"]},
    )
    kind = fields.Enum(
        Kind,
        by_value=True,
        metadata={"description": "A person, if not said otherwise, or a program."},
    )
    password = _password()
    groups = _groups()


class UserChangesSchema(Schema):
    """What to change about a user. What is absent stays as it is."""

    password = _password()
    groups = _groups()
    disabled = fields.Boolean(
        truthy={True},
        falsy={False},
        metadata={"description": "Whether they are kept out.", "examples": [True]},
    )


class UserSchema(Schema):
    """A user or a robot."""

    id = fields.UUID(required=True, metadata={"examples": [_ID]})
    name = fields.String(
        required=True,
        metadata={"description": "What they log in by.", "examples": ["alice"]},
    )
    kind = fields.Enum(
        Kind,
        by_value=True,
        required=True,
        metadata={"description": "A person or a program."},
    )
    groups = _groups(required=True)
    has_password = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether they can log in by a password.",
            "examples": [True],
        },
    )
    disabled = fields.Boolean(
        required=True,
        metadata={"description": "Whether they are kept out.", "examples": [False]},
    )
    created_at = Instant(required=True, metadata={"examples": [_AT]})
    updated_at = Instant(required=True, metadata={"examples": [_AT]})


class UserPageSchema(Schema):
    """A page of users, newest first."""

    items = fields.List(fields.Nested(UserSchema), required=True)
    next = NEXT


class NewGrantSchema(Schema):
    """A grant to make."""

    subject = fields.String(
        required=True, metadata={"description": _SUBJECT, "examples": ["user:alice"]}
    )
    permits = _permits(
        "What they may do: `pull`, `push`, `delete`, or be `auditor`, `operator`, "
        "`admin`. The last two know no repositories.",
        required=True,
    )
    repositories = _repositories()


class GrantSchema(NewGrantSchema):
    """A grant: what a subject may do, in which repositories."""

    id = fields.UUID(required=True, metadata={"examples": [_ID]})
    repositories = _repositories(required=True)
    created_at = Instant(required=True, metadata={"examples": [_AT]})


class GrantQuerySchema(PageQuerySchema):
    """Which grants to list."""

    subject = fields.String(
        metadata={"description": "Those of this subject.", "example": "user:alice"}
    )


class GrantPageSchema(Schema):
    """A page of grants, newest first."""

    items = fields.List(fields.Nested(GrantSchema), required=True)
    next = NEXT


class NewTokenSchema(Schema):
    """An API token to make."""

    name = fields.String(
        required=True,
        metadata={
            "description": "What it is for. No other living token of theirs has it.",
            "examples": ["ci"],
        },
    )
    subject = fields.String(
        metadata={
            "description": f"{_OWNER}; the caller's own if not given.",
            "examples": ["robot:ci"],
        }
    )
    permits = _permits(
        "What it may be used for, of what its owner may do.", required=True
    )
    repositories = _repositories()
    expires_at = Moment(
        allow_none=True,
        metadata={"description": "When it ends; null for never.", "examples": [_AT]},
    )


class TokenSchema(Schema):
    """An API token. Its text is not kept."""

    id = fields.UUID(required=True, metadata={"examples": [_ID]})
    subject = fields.String(
        required=True,
        metadata={"description": f"{_OWNER}.", "examples": ["robot:ci"]},
    )
    name = fields.String(
        required=True, metadata={"description": "What it is for.", "examples": ["ci"]}
    )
    permits = _permits("What it may be used for.", required=True)
    repositories = _repositories(required=True)
    created_at = Instant(required=True, metadata={"examples": [_AT]})
    expires_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "When it ends; null for never.", "examples": [_AT]},
    )
    last_used_at = Instant(
        required=True,
        allow_none=True,
        metadata={
            "description": "When it was used last, to about a minute.",
            "examples": [_AT],
        },
    )
    revoked_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "When it was revoked.", "examples": [None]},
    )


class CreatedTokenSchema(TokenSchema):
    """An API token, and its text, which is never shown again."""

    token = fields.String(
        required=True,
        metadata={
            "description": "What clients send: as a Bearer token, or as a password.",
            "examples": ["ntf_…"],
        },
    )


class TokenQuerySchema(GrantQuerySchema):
    """Which tokens to list: the caller's own, unless they are an admin."""


class TokenPageSchema(Schema):
    """A page of tokens, newest first."""

    items = fields.List(fields.Nested(TokenSchema), required=True)
    next = NEXT


class CallerSchema(Schema):
    """Who sends this request, and what they may do."""

    name = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Their name; null for nobody.", "examples": ["alice"]},
    )
    subject = fields.String(
        required=True,
        metadata={"description": "What grants call them.", "examples": ["user:alice"]},
    )
    credential = fields.String(
        required=True,
        metadata={
            "description": "How they have proved it: `none`, `password`, `htpasswd`, "
            "`access_token`, `issuer_token` or `api_token`.",
            "examples": ["api_token"],
        },
    )
    permits = fields.Dict(
        fields.String(validate=validate.OneOf(list(Permit))),
        fields.List(fields.String()),
        required=True,
        metadata={
            "description": "By what they may do: globs of the repositories.",
            "examples": [{"pull": ["team/**"]}],
        },
    )
