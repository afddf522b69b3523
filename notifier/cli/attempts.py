"""Attempts, as people see them: in a few lines, or with all that went to and fro."""

from collections.abc import Iterable

import click

from notifier.cli.output import moment, visible
from notifier.delivery.attempts import Attempt
from notifier.delivery.requests import BodyMissing, Request
from notifier.delivery.signing import Header

_MISSING = {
    BodyMissing.CHANGED: "(not shown: notifier would write another body by now)",
    BodyMissing.TOO_LARGE: "(not shown: it is too large)",
}


def print_attempt(attempt: Attempt) -> None:
    """Print what came of an attempt."""
    _print_outcome(attempt)
    _print_text(attempt.response)


def print_exchange(attempt: Attempt, request: Request | None) -> None:
    """Print what an attempt has sent, and what was answered, as ``curl -v`` does."""
    _print_outcome(attempt)
    if attempt.peer is not None:
        over = f" over {attempt.tls_version}" if attempt.tls_version else ""
        click.echo(visible(f"connected to {attempt.peer}{over}"))
    click.echo()
    _print_request(request)
    click.echo()
    if attempt.status is not None:
        click.echo(f"< status {attempt.status}")
        _print_headers("<", attempt.response_headers or [])
        if attempt.response_headers_truncated:
            click.echo("< (and more)")
    _print_text(attempt.response)


def _print_request(request: Request | None) -> None:
    if request is None:
        click.echo("nothing was sent, or it is not known any more")
        return
    click.echo(visible(f"> {request.method} {request.url}"))
    _print_headers(">", request.headers)
    if request.body_missing is not None:
        click.echo(_MISSING[request.body_missing])
    _print_text(request.body or b"")


def _print_outcome(attempt: Attempt) -> None:
    came = f"status {attempt.status}" if attempt.status else attempt.error
    click.echo(
        f"attempt {attempt.number} ({attempt.trigger}), "
        f"{moment(attempt.started_at)}, {attempt.duration_ms} ms: {came}"
    )


def _print_headers(mark: str, headers: Iterable[Header]) -> None:
    for name, value in headers:
        click.echo(visible(f"{mark} {name}: {value}"))


def _print_text(content: bytes) -> None:
    if content:
        click.echo(visible(content.decode(errors="replace")))
