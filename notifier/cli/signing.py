"""Options and commands about signatures and the secrets that they are made with."""

from collections.abc import Sequence
from typing import BinaryIO

import click

from notifier.cli.moments import SPAN
from notifier.cli.options import choice, json_option
from notifier.cli.output import moment, print_fields, print_json
from notifier.cli.place import open_place
from notifier.delivery.endpoint import named
from notifier.delivery.endpoint_secrets import Secret
from notifier.delivery.rotation import (
    DEFAULT_OVERLAP_S,
    MAX_OVERLAP_S,
    end_secret,
    rotate_secret,
)
from notifier.delivery.signing import Signature
from notifier.events.event import Action
from notifier.web.api.schemas.secrets import SecretSchema

# More than the longest secret, and the end of its line.
_MAX_FILE = 1024

signature_option = click.option(
    "--signature",
    "signatures",
    multiple=True,
    type=choice(Signature),
    help="Sign so; may be given several times. A new endpoint has v1 if none is given.",
)
secret_file_option = click.option(
    "--secret-file",
    type=click.File("rb"),
    help="Sign with the secret in this file (- is standard input), not with a new one.",
)


@click.command("rotate-secret")
@click.argument("endpoint")
@click.option(
    "--overlap",
    "overlap_s",
    type=SPAN,
    default=DEFAULT_OVERLAP_S,
    help="How long the secrets before sign on beside it: 90s, 30m, 24h, 7d; 0 ends "
    f"them at once, {MAX_OVERLAP_S // 86400}d is the most.  [default: 24h]",
)
@secret_file_option
@json_option
def rotate(
    endpoint: str, *, overlap_s: int, secret_file: BinaryIO | None, as_json: bool
) -> None:
    """Give an endpoint a new secret; the old one signs on beside it for a while.

    Both signatures stand in webhook-signature. X-Hub-Signature-256 and X-Signature
    have room for one: the old secret's, until it ends. With v1a, there is a new key
    pair, too. Prints the secret if it was made here: it is shown this once.

    \b
    Examples:
      notifier endpoints rotate-secret ci
      notifier endpoints rotate-secret ci --overlap 0 --secret-file new.txt
    """
    given = read_secret(secret_file)
    with open_place() as place, place.database.transaction() as transaction:
        found = place.find_endpoint(transaction.connection, endpoint)
        secret, made = rotate_secret(
            transaction,
            place.endpoints.secrets,
            found.id,
            overlap_s=overlap_s,
            secret=given,
        )
        place.record(
            transaction,
            Action.SECRET_CREATE,
            endpoint=named(found),
            secret={"id": str(secret.id)},
        )
    if as_json:
        print_json(SecretSchema().dump(secret) | once(made))
        return
    print_fields(
        {
            "id": str(secret.id),
            "created": moment(secret.created_at),
            "public key": secret.public_key or "",
            **once(made),
        }
    )
    remind(made)


@click.command("end-overlap")
@click.argument("endpoint")
def end_overlap(endpoint: str) -> None:
    """Let the old secrets of an endpoint sign no more: the receiver has the new one."""
    with open_place() as place, place.database.transaction() as transaction:
        found = place.find_endpoint(transaction.connection, endpoint)
        old = found.secrets[1:]
        for secret in old:
            end_secret(transaction, place.endpoints.secrets, found.id, secret.id)
            place.record(
                transaction,
                Action.SECRET_REMOVE,
                endpoint=named(found),
                secret={"id": str(secret.id)},
            )
    click.echo(f"{len(old)} ended" if old else "only the newest secret signs already")


def read_secret(file: BinaryIO | None) -> str | None:
    """Read the one line of *file*, if there is a file."""
    if file is None:
        return None
    return file.read(_MAX_FILE).decode(errors="replace").rstrip("\r\n")


def once(made: str | None) -> dict[str, str]:
    """Return the field that shows a secret if it was made here."""
    return {} if made is None else {"secret": made}


def remind(made: str | None) -> None:
    """Say that the secret is not shown again, if it was."""
    if made is not None:
        click.echo("Keep the secret: it is not shown again.", err=True)


def describe_secrets(secrets: Sequence[Secret]) -> dict[str, str]:
    """Say which secrets sign, the newest first, and what v1a is verified with."""
    return {
        "secrets": "\n".join(map(_description, secrets)),
        "public key": "".join(secret.public_key or "" for secret in secrets[:1]),
    }


def _description(secret: Secret) -> str:
    made = f"made {moment(secret.created_at)}"
    until = moment(secret.expires_at)
    return f"{made}, signs until {until}" if until else made
