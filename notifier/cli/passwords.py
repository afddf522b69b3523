"""Passwords on the command line: from a prompt that shows nothing, or from a pipe.

They are never an argument: others see those in the list of processes.
"""

import sys

import click

from notifier.access.passwords import MAX_PASSWORD, PasswordHash, hash_password

password_option = click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input: one line.",
)


def read_password(*, from_stdin: bool) -> PasswordHash:
    """Ask for a new password, or read it; raise `AccessInvalid`."""
    if from_stdin:
        # A line that is too long stays so.
        line = sys.stdin.readline(MAX_PASSWORD + 2)
        return hash_password(line.rstrip("\r\n"))
    password = click.prompt(
        "Password", type=str, hide_input=True, confirmation_prompt=True, err=True
    )
    return hash_password(password)
