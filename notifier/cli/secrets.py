"""The secrets commands: the keys that encrypt what is secret in the database."""

from dataclasses import asdict

import click

from notifier.cli.options import json_option
from notifier.cli.output import print_json
from notifier.cli.place import open_place
from notifier.delivery.reencryption import Tally, reencrypt
from notifier.secrets import SecretBox


@click.group("secrets")
def command() -> None:
    """Look after the secrets that the database keeps, encrypted."""


@command.command()
@json_option
def rotate(*, as_json: bool) -> None:
    """Encrypt all secrets by the first key of NOTIFIER_SECRET_KEY.

    To replace a key: put the new one before it, with a comma between, in
    NOTIFIER_SECRET_KEY or in the file secret.key of the data directory; start every
    process anew; run this; take the old key away; start every process anew. It may be
    interrupted, and run again at any time.
    """
    with open_place() as place:
        tally = reencrypt(place.database, SecretBox.open(place.settings))
    if as_json:
        print_json(asdict(tally))
    else:
        click.echo(_sentence(tally))
    if tally.unreadable:
        raise click.ClickException(
            f"{tally.unreadable} cannot be decrypted by any of the keys: "
            "`notifier endpoints list` says whose they are"
        )


def _sentence(tally: Tally) -> str:
    return (
        f"{tally.renewed} encrypted by the first key, "
        f"{tally.current} were so already; no other key is needed for them"
    )
