"""The users commands: people and robots who can prove a name here."""

from collections.abc import Callable, Sequence
from uuid import UUID

import click
import sqlalchemy as sa

from notifier.access import api_tokens, grants, users
from notifier.access.errors import UserUnknown
from notifier.access.standings import has_rows, subjects_of
from notifier.access.subjects import Kind
from notifier.access.users import User, named
from notifier.cli.grants import print_grants
from notifier.cli.options import json_option
from notifier.cli.output import moment, print_fields, print_json, print_table
from notifier.cli.pages import all_pages
from notifier.cli.passwords import password_option, read_password
from notifier.cli.place import open_place
from notifier.cli.tokens import print_tokens
from notifier.db import Transaction
from notifier.events.event import Action
from notifier.web.api.schemas.access import UserSchema

_HEADINGS = ("name", "kind", "groups", "password", "state", "made")
_ALL = 1000


@click.group("users")
def command() -> None:
    """Manage users and robots, who can prove a name.

    What they may do is said by `notifier grants`. A change counts within a second.
    """


@command.command()
@click.argument("name")
@click.option("--robot", is_flag=True, help="A program, which has tokens.")
@click.option(
    "--group",
    "groups",
    multiple=True,
    help="Put them into this group; may be given several times.",
)
@password_option
@click.option(
    "--no-password", is_flag=True, help="They have tokens only, or htpasswd's password."
)
@json_option
def add(
    name: str,
    *,
    robot: bool,
    groups: tuple[str, ...],
    password_stdin: bool,
    no_password: bool,
    as_json: bool,
) -> None:
    """Add a user, whose password is asked for, or a robot, which has none.

    \b
    Examples:
      notifier users add alice --group developers
      notifier users add ci --robot
      pass show registry/bob | notifier users add bob --password-stdin
    """
    has_none = no_password or (robot and not password_stdin)
    hashed = None if has_none else read_password(from_stdin=password_stdin)
    with open_place() as place, place.database.transaction() as transaction:
        is_first = not has_rows(transaction.connection)
        user = users.create(
            transaction,
            name=name,
            kind=Kind.ROBOT if robot else Kind.USER,
            password_hash=hashed,
            groups=groups,
        )
        place.record(transaction, Action.USER_CREATE, user=named(user))
    _print_user(user, as_json=as_json)
    if is_first:
        click.echo(
            "From now on nobody may do what nothing grants. To begin with: "
            f"notifier grants add {user.subject} admin",
            err=True,
        )


@command.command("list")
@json_option
def list_all(*, as_json: bool) -> None:
    """List all users and robots, the newest first."""
    with open_place() as place, place.database.read() as connection:
        found = all_pages(
            lambda limit, after: users.list_users(connection, limit=limit, after=after)
        )
    if as_json:
        print_json({"items": UserSchema(many=True).dump(found), "next": None})
        return
    print_table(_HEADINGS, [_cells(user) for user in found])


@command.command()
@click.argument("name")
@json_option
def show(name: str, *, as_json: bool) -> None:
    """Show a user or a robot, the grants that count for them, and their tokens."""
    with open_place() as place, place.database.read() as connection:
        user = _get(connection, name)
        given = grants.list_for(connection, subjects_of(connection, user.subject))
        tokens = api_tokens.list_tokens(connection, limit=_ALL, subject=user.subject)
    _print_user(user, as_json=as_json)
    if given and not as_json:
        print_grants(given)
    if tokens and not as_json:
        print_tokens(tokens)


@command.command()
@click.argument("name")
@password_option
@click.option("--none", "takes_away", is_flag=True, help="Take it away.")
def passwd(name: str, *, password_stdin: bool, takes_away: bool) -> None:
    """Give a user another password. Clients of theirs have to log in again.

    API tokens stay as they are.

    \b
    Examples:
      notifier users passwd alice
      pass show registry/bob | notifier users passwd bob --password-stdin
    """
    hashed = None if takes_away else read_password(from_stdin=password_stdin)
    _change(name, ["password"], lambda t, id_: users.set_password(t, id_, hashed))
    click.echo(f"{name} has {'no' if takes_away else 'another'} password")


@command.command("groups")
@click.argument("name")
@click.argument("groups", nargs=-1)
def set_groups(name: str, *, groups: tuple[str, ...]) -> None:
    """Put a user or a robot into these GROUPS, and into no others.

    \b
    Example:
      notifier users groups alice developers operations
    """
    user = _change(name, ["groups"], lambda t, id_: users.set_groups(t, id_, groups))
    click.echo(f"{name} is in {', '.join(user.groups) or 'no group'}")


@command.command()
@click.argument("name")
def disable(name: str) -> None:
    """Keep a user or a robot out, whatever they come with."""
    _set_disabled(name, disabled=True)
    click.echo(f"{name} is kept out")


@command.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let a user or a robot in again."""
    _set_disabled(name, disabled=False)
    click.echo(f"{name} is let in")


@command.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove a user or a robot, with their grants and tokens."""
    with open_place() as place, place.database.transaction() as transaction:
        user = users.remove(transaction, _get(transaction.connection, name).id)
        place.record(transaction, Action.USER_REMOVE, user=named(user))
    click.echo(f"removed {name}")


def _set_disabled(name: str, *, disabled: bool) -> None:
    _change(
        name,
        ["disabled"],
        lambda t, id_: users.set_disabled(t, id_, disabled=disabled),
    )


def _change(
    name: str, fields: Sequence[str], change: Callable[[Transaction, UUID], User]
) -> User:
    with open_place() as place, place.database.transaction() as transaction:
        user = change(transaction, _get(transaction.connection, name).id)
        place.record(transaction, Action.USER_UPDATE, user=named(user), fields=fields)
    return user


def _get(connection: sa.Connection, name: str) -> User:
    user = users.find_by_name(connection, name)
    if user is None:
        raise UserUnknown
    return user


def _print_user(user: User, *, as_json: bool) -> None:
    if as_json:
        print_json(UserSchema().dump(user))
    else:
        print_fields(dict(zip(_HEADINGS, _cells(user), strict=True)))


def _cells(user: User) -> tuple[str, ...]:
    return (
        user.name,
        user.kind.value,
        ", ".join(user.groups),
        "yes" if user.has_password else "no",
        "disabled" if user.disabled else "enabled",
        moment(user.created_at),
    )
