"""The access commands: what comes of users, grants and settings."""

import click

from notifier.access.decision import Decision, decide
from notifier.access.permits import Permit
from notifier.cli.grants import describe
from notifier.cli.options import choice, json_option
from notifier.cli.output import print_json
from notifier.cli.place import open_place
from notifier.web.api.schemas.access import GrantSchema


@click.group("access")
def command() -> None:
    """Ask who may do what."""


@command.command()
@click.argument("subject")
@click.argument("permit", type=choice(Permit))
@click.argument("repository", required=False)
@json_option
@click.pass_context
def check(
    context: click.Context,
    subject: str,
    permit: str,
    *,
    repository: str | None,
    as_json: bool,
) -> None:
    """Tell whether SUBJECT has PERMIT in REPOSITORY, and which grant says so.

    The status is 0 if so, and 1 if not. Without REPOSITORY: in any at all. Settings
    count, so give this command those of the server. What an outside issuer's tokens say
    is not known here.

    \b
    Examples:
      notifier access check alice push team/app
      notifier access check group:developers operator
      notifier access check anonymous pull public/base
    """
    with open_place() as place, place.database.read() as connection:
        decision = decide(
            connection, place.settings, subject, Permit(permit), repository
        )
    if as_json:
        print_json(_dump(decision))
    else:
        click.echo(_sentence(decision))
    context.exit(0 if decision.allowed else 1)


def _dump(decision: Decision) -> dict[str, object]:
    grant = decision.grant
    return {
        "subject": decision.subject,
        "allowed": decision.allowed,
        "reason": decision.reason,
        "grant": None if grant is None else GrantSchema().dump(grant),
    }


def _sentence(decision: Decision) -> str:
    said = f"{'yes' if decision.allowed else 'no'}: {decision.reason}"
    if decision.grant is None:
        return said
    return f"{said}\n{decision.grant.id}  {describe(decision.grant)}"
