"""``python -m tests.faults.neighbours``: see whether one suffers from the others."""

import json
import os
from pathlib import Path

import click

from tests.faults.neighbours import report
from tests.faults.neighbours.trial import Plan, Trial, run_trial
from tests.faults.options import databases_option, json_option


@click.command()
@click.option(
    "--seconds",
    default=60.0,
    show_default=True,
    type=click.FloatRange(min=2),
    help="How long the load goes on.",
)
@click.option(
    "--rate",
    default=200.0,
    show_default=True,
    type=click.FloatRange(min=1),
    help="Pushes and pulls a second; each is an event for each receiver.",
)
@databases_option
@json_option
def main(
    *, seconds: float, rate: float, databases: tuple[str, ...], json_path: Path | None
) -> None:
    """Tell a healthy receiver of events beside others that misbehave.

    Ends with 1 if it is told late, if anybody who recovers misses anything, if memory
    grows, or if anything is sent to where nothing may be sent.
    """
    plans = [
        Plan(database=database, seconds=seconds, rate=rate)
        for database in dict.fromkeys(databases)
    ]
    trials = [_try(plan) for plan in plans]
    report.show(trials)
    if json_path:
        found = [trial.as_dict() for trial in trials]
        json_path.write_text(json.dumps(found, indent=2) + "\n")
    if any(trial.findings or trial.excesses for trial in trials):
        raise SystemExit(1)


def _try(plan: Plan) -> Trial:
    def tell(what: str) -> None:
        load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
        click.echo(f"{plan.database}: {what} (load average {load})", err=True)

    return run_trial(plan, tell=tell)


if __name__ == "__main__":
    main()
