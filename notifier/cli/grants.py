"""The grants commands: who may do what, in which repositories."""

from collections.abc import Sequence
from uuid import UUID

import click

from notifier.access import grants
from notifier.access.directory import find_subject
from notifier.access.grants import Grant, described
from notifier.access.permissions import EVERYWHERE
from notifier.access.permits import Permit
from notifier.cli.options import json_option
from notifier.cli.output import moment, print_json, print_table
from notifier.cli.pages import all_pages
from notifier.cli.place import open_place
from notifier.events.event import Action
from notifier.web.api.schemas.access import GrantSchema

_HEADINGS = ("id", "subject", "permits", "repositories", "made")


@click.group("grants")
def command() -> None:
    """Manage grants: who may do what, in which repositories.

    A change counts within a second.
    """


@command.command()
@click.argument("subject")
@click.argument("permits")
@click.argument("repositories", nargs=-1)
@json_option
def add(
    subject: str, permits: str, *, repositories: tuple[str, ...], as_json: bool
) -> None:
    """Grant PERMITS, with commas between, to SUBJECT in REPOSITORIES: globs.

    SUBJECT is user:NAME, robot:NAME, group:NAME, authenticated (whoever has proved a
    name) or anonymous (everybody). NAME alone is a user or a robot that is there, or a
    user of an htpasswd file or an outside issuer.

    PERMITS are pull, push, delete, and the roles auditor, operator and admin. Without
    REPOSITORIES they are granted in all of them. * is any text without a slash, ** any
    text.

    \b
    Examples:
      notifier grants add user:alice admin
      notifier grants add group:developers pull,push 'team/**'
      notifier grants add robot:ci push team/app team/base
      notifier grants add anonymous pull 'public/*'
    """
    with open_place() as place, place.database.transaction() as transaction:
        grant = grants.add(
            transaction,
            subject=find_subject(transaction.connection, subject),
            permits=[permit.strip() for permit in permits.split(",")],
            repositories=repositories or EVERYWHERE,
        )
        place.record(transaction, Action.GRANT_CREATE, grant=described(grant))
    if as_json:
        print_json(GrantSchema().dump(grant))
    else:
        print_grants([grant])


@command.command("list")
@click.option("--subject", help="To this subject only.")
@json_option
def list_all(*, subject: str | None, as_json: bool) -> None:
    """List all grants, the newest first."""
    with open_place() as place, place.database.read() as connection:
        named = None if subject is None else find_subject(connection, subject)
        found = all_pages(
            lambda limit, after: grants.list_grants(
                connection, limit=limit, after=after, subject=named
            )
        )
    if as_json:
        print_json({"items": GrantSchema(many=True).dump(found), "next": None})
        return
    print_grants(found)


@command.command()
@click.argument("grant", type=click.UUID)
def remove(grant: UUID) -> None:
    """Take a grant away: by its id, as `notifier grants list` shows it."""
    with open_place() as place, place.database.transaction() as transaction:
        removed = grants.remove(transaction, grant)
        place.record(transaction, Action.GRANT_REMOVE, grant=described(removed))
    click.echo(f"{removed.subject} has it no more: {_permits(removed.permits)}")


def print_grants(found: Sequence[Grant]) -> None:
    """Print grants as a table."""
    print_table(_HEADINGS, [_cells(grant) for grant in found])


def describe(grant: Grant) -> str:
    """Say in words what is granted to whom."""
    where = ", ".join(grant.repositories)
    return f"{grant.subject}: {_permits(grant.permits)} in {where}"


def _cells(grant: Grant) -> tuple[str, ...]:
    return (
        str(grant.id),
        grant.subject,
        _permits(grant.permits),
        ", ".join(grant.repositories),
        moment(grant.created_at),
    )


def _permits(permits: Sequence[Permit]) -> str:
    return ", ".join(permits)
