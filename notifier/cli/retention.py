"""The retention commands: how long what is kept, and runs that see to it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import IO
from uuid import UUID

import click

from notifier.audit.retention import dry_run as dry
from notifier.audit.retention import rulebook, runs
from notifier.audit.retention.rulebook import Rulebook, get_rulebook, lock_rulebook
from notifier.audit.retention.rules import Rules
from notifier.audit.retention.runs import Run, RunState
from notifier.cli.options import json_option
from notifier.cli.output import moment, print_fields, print_json, print_table
from notifier.cli.place import Place, open_place
from notifier.cli.retaining import (
    open_archives,
    say_who_does_it,
    wait_option,
    wait_until,
)
from notifier.cli.rule_files import read_rules
from notifier.config import ConfigError
from notifier.events.event import Action
from notifier.web.api.schemas.retention import (
    DryRunSchema,
    RetentionRuleSchema,
    RetentionSchema,
    RunSchema,
)

_NONE = "there was no run so far"
_HEADINGS = ["actions", "kinds", "repositories", "keep"]


@click.group("retention")
def command() -> None:
    """Say how long the log keeps what, and see how older events leave it.

    They go into archives, files of the storage, from which `notifier events restore`
    brings them back. Without rules all is kept for ever.
    """


@command.command()
@json_option
def show(*, as_json: bool) -> None:
    """Show the rules, in the order in which they are asked."""
    with open_place() as place, place.database.read() as connection:
        found = get_rulebook(connection)
    _print_rules(found, as_json=as_json)


@command.command("set")
@click.argument("file", type=click.File())
@click.option(
    "--dry-run", is_flag=True, help="Only count how many events would go by them."
)
@json_option
def set_rules(file: IO[str], *, dry_run: bool, as_json: bool) -> None:
    """Replace the rules by those of FILE, a YAML or JSON list; - reads them from stdin.

    For each event the first rule that is about it counts; what none is about is kept
    for ever. A run that is under way ends.

    \b
    Examples:
      echo '[{"actions": ["pull"], "keep": "90d"}]' | notifier retention set -
      notifier retention set rules.yaml --dry-run
    """
    rules = read_rules(file)
    with open_place() as place:
        if dry_run:
            _count(place, rules, as_json=as_json)
            return
        if rules:
            open_archives(place)
        with place.database.transaction() as transaction:
            changed = rulebook.put_rules(transaction, rules)
            runs.cancel_active(transaction)
            rendered = [rule.render() for rule in rules]
            place.record(transaction, Action.RETENTION_UPDATE, rules=rendered)
    _print_rules(changed, as_json=as_json)


@command.command()
@click.option("--dry-run", is_flag=True, help="Only count how many would go.")
@wait_option
@json_option
def run(*, dry_run: bool, wait: bool, as_json: bool) -> None:
    """Have what is past its time leave the log now; else workers do so each day.

    If a run is under way, that one is meant.

    \b
    Examples:
      notifier retention run --dry-run
      notifier retention run --wait
    """
    with open_place() as place:
        if dry_run:
            with place.database.read() as connection:
                rules = get_rulebook(connection).rules
            _count(place, rules, as_json=as_json)
            return
        asked = _ask(place)
        if wait:
            asked = _waited_for(place, asked)
    if wait or as_json:
        _print_run(asked, as_json=as_json)
    else:
        click.echo(f"run {asked.id} is under way")
        say_who_does_it()
    if asked.state is RunState.CANCELLED:
        raise click.exceptions.Exit(1)


@command.command()
@click.argument("run", type=click.UUID, required=False)
@json_option
def status(run: UUID | None, *, as_json: bool) -> None:
    """Show how far RUN has come; by default the one under way, or the newest."""
    with open_place() as place:
        found = _find(place, run)
    if found is not None:
        _print_run(found, as_json=as_json)
    elif as_json:
        print_json(None)
    else:
        click.echo(_NONE)


@command.command()
@click.argument("run", type=click.UUID, required=False)
@json_option
def cancel(run: UUID | None, *, as_json: bool) -> None:
    """Cancel RUN, by default the one under way. What is in archives stays there."""
    with open_place() as place:
        found = _find(place, run)
        if found is None:
            raise ConfigError(_NONE)
        with place.database.transaction() as transaction:
            cancelled = runs.cancel_run(transaction, found.id)
            about = {"id": str(found.id)}
            place.record(transaction, Action.RETENTION_CANCEL, run=about)
    if as_json:
        print_json(RunSchema().dump(cancelled))
    else:
        click.echo(f"cancelled when {cancelled.archived:,} events were in archives")


def _ask(place: Place) -> Run:
    """Ask for a run, or return the one that is under way."""
    with place.database.transaction() as transaction:
        lock_rulebook(transaction)
        if active := runs.find_active(transaction.connection):
            return active
        asked = runs.create_run(transaction)
        about = {"id": str(asked.id)}
        place.record(transaction, Action.RETENTION_RUN, run=about)
    return asked


def _find(place: Place, id_: UUID | None) -> Run | None:
    with place.database.read() as connection:
        if id_ is not None:
            return runs.get_run(connection, id_)
        newest = next(iter(runs.list_runs(connection, limit=1)), None)
        return runs.find_active(connection) or newest


def _count(place: Place, rules: Rules, *, as_json: bool) -> None:
    with place.database.read() as connection:
        counted = dry.count(connection, place.recorder, rules, datetime.now(UTC))
    if as_json:
        print_json(DryRunSchema().dump(counted))
        return
    print_table(
        ["events", *_HEADINGS],
        [[f"{events:,}", *_cells([rule])[0]] for rule, events in counted.expired],
    )
    click.echo(
        f"{counted.examined:,} events were looked at; {counted.waiting:,} more would "
        "go, but for their deliveries"
    )


def _waited_for(place: Place, run: Run) -> Run:
    def tell() -> str | None:
        nonlocal run
        with place.database.read() as connection:
            run = runs.get_run(connection, run.id)
        if run.state is not RunState.RUNNING:
            return None
        return run.error or (
            f"{run.examined:,} events looked at, {run.archived:,} in archives; now at "
            f"those of {moment(run.reached) or 'the beginning'}"
        )

    wait_until(place, tell)
    return run


def _print_rules(found: Rulebook, *, as_json: bool) -> None:
    if as_json:
        print_json(RetentionSchema().dump(found))
    elif found.rules:
        print_table(_HEADINGS, _cells(found.rules))
    else:
        click.echo("there are no rules: all is kept for ever")


def _cells(rules: Rules) -> Sequence[Sequence[str]]:
    dumped = RetentionRuleSchema(many=True).dump(rules)
    return [
        [*(" ".join(rule.get(key, ["any"])) for key in _HEADINGS[:-1]), rule["keep"]]
        for rule in dumped
    ]


def _print_run(run: Run, *, as_json: bool) -> None:
    if as_json:
        print_json(RunSchema().dump(run))
        return
    print_fields(
        {
            "id": str(run.id),
            "state": run.state,
            "looked at": f"{run.examined:,} events",
            "archived": f"{run.archived:,} events, in {run.archives:,} archives",
            "waiting": f"{run.waiting:,} events, for their deliveries",
            "reached": moment(run.reached),
            "until": moment(run.until),
            "begun": moment(run.created_at),
            "over": moment(run.finished_at),
            "error": run.error or "",
        }
    )
