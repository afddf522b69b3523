"""The tokens commands: API tokens, which programs show in place of a password."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import click

from notifier.access import api_tokens
from notifier.access.api_tokens import ApiToken, described
from notifier.access.directory import find_subject, is_known
from notifier.access.errors import UserUnknown
from notifier.access.permissions import EVERYWHERE
from notifier.access.permits import Permit
from notifier.cli.moments import SPAN
from notifier.cli.options import choice, json_option
from notifier.cli.output import moment, print_fields, print_json, print_table
from notifier.cli.pages import all_pages
from notifier.cli.place import open_place
from notifier.events.event import Action
from notifier.web.api.schemas.access import TokenSchema

_HEADINGS = (
    *("id", "owner", "name", "permits", "repositories"),
    *("made", "ends", "used", "state"),
)


@click.group("tokens")
def command() -> None:
    """Manage API tokens, which programs show in place of a password.

    OWNER is user:NAME or robot:NAME, or the name alone.
    """


@command.command()
@click.argument("owner")
@click.argument("name")
@click.option(
    "--permit",
    "permits",
    multiple=True,
    required=True,
    type=choice(Permit),
    help="For this, as far as its owner may; may be given several times. "
    "admin is all that its owner may.",
)
@click.option(
    "--repository",
    "repositories",
    multiple=True,
    help="For these repositories only: a glob; may be given several times.",
)
@click.option(
    "--expires",
    "expires_s",
    type=SPAN,
    help="After so long it is good for nothing: 12h, 90d. Never, if not given.",
)
@json_option
def create(
    owner: str,
    name: str,
    *,
    permits: tuple[str, ...],
    repositories: tuple[str, ...],
    expires_s: int | None,
    as_json: bool,
) -> None:
    """Make an API token for OWNER, called NAME. It is shown this once.

    It is a Bearer token for the REST API, and for registry clients a password, with any
    user name.

    \b
    Examples:
      notifier tokens create ci build --permit pull --permit push \\
        --repository 'team/**' --expires 90d
      notifier tokens create alice laptop --permit admin
    """
    span = None if expires_s is None else timedelta(seconds=expires_s)
    with open_place() as place, place.database.transaction() as transaction:
        subject = find_subject(transaction.connection, owner)
        if not is_known(transaction.connection, place.settings, subject):
            raise UserUnknown
        token, text = api_tokens.create(
            transaction,
            subject=subject,
            name=name,
            permits=permits,
            repositories=repositories or EVERYWHERE,
            expires_at=None if span is None else datetime.now(UTC) + span,
        )
        place.record(transaction, Action.TOKEN_CREATE, token=described(token))
    if as_json:
        print_json(TokenSchema().dump(token) | {"token": text})
        return
    fields = dict(zip(_HEADINGS, _cells(token), strict=True))
    print_fields(fields | {"token": text})
    click.echo("Keep the token: it is not shown again.", err=True)


@command.command("list")
@click.option("--owner", help="Of this owner only.")
@json_option
def list_all(*, owner: str | None, as_json: bool) -> None:
    """List API tokens, the newest first; those that have ended for 90 days more."""
    with open_place() as place, place.database.read() as connection:
        subject = None if owner is None else find_subject(connection, owner)
        found = all_pages(
            lambda limit, after: api_tokens.list_tokens(
                connection, limit=limit, after=after, subject=subject
            )
        )
    if as_json:
        print_json({"items": TokenSchema(many=True).dump(found), "next": None})
        return
    print_tokens(found)


@command.command()
@click.argument("token", type=click.UUID)
def revoke(token: UUID) -> None:
    """Revoke an API token: by its id, as `notifier tokens list` shows it."""
    with open_place() as place, place.database.transaction() as transaction:
        revoked = api_tokens.revoke(transaction, token)
        place.record(transaction, Action.TOKEN_REVOKE, token=described(revoked))
    click.echo(f"revoked {revoked.name} of {revoked.subject}")


def print_tokens(found: Sequence[ApiToken]) -> None:
    """Print tokens as a table."""
    print_table(_HEADINGS, [_cells(token) for token in found])


def _cells(token: ApiToken) -> tuple[str, ...]:
    return (
        str(token.id),
        token.subject,
        token.name,
        ", ".join(token.permits),
        ", ".join(token.repositories),
        moment(token.created_at),
        moment(token.expires_at) or "never",
        moment(token.last_used_at) or "never",
        _state(token),
    )


def _state(token: ApiToken) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.has_expired(datetime.now(UTC)) else "good"
