"""``python -m tests.faults``: try what may go wrong, and tell what was lost."""

import json
import random
from pathlib import Path

import click

from tests.faults import report
from tests.faults.options import databases_option, json_option
from tests.faults.progress import watching
from tests.faults.scenario import Skipped
from tests.faults.scenarios import SCENARIOS
from tests.faults.trial import Plan, Trial, run_trial


@click.command()
@click.option(
    "--scenario",
    "names",
    default=list(SCENARIOS),
    show_default=True,
    multiple=True,
    type=click.Choice(list(SCENARIOS)),
    help="What goes wrong; may be given several times.",
)
@databases_option
@click.option(
    "--pushes",
    default=1000,
    show_default=True,
    type=click.IntRange(min=10),
    help="Images that are pushed in each trial.",
)
@click.option(
    "--seed",
    type=int,
    help="Chooses the images and the moments; by default another one each time.",
)
@json_option
def main(
    *,
    names: tuple[str, ...],
    databases: tuple[str, ...],
    pushes: int,
    seed: int | None,
    json_path: Path | None,
) -> None:
    """Push images while something goes wrong; end with 1 if anything is lost."""
    if seed is None:
        seed = random.SystemRandom().randrange(1_000_000)
    click.echo(f"seed {seed}", err=True)
    plans = [
        Plan(scenario=SCENARIOS[name], database=database, pushes=pushes, seed=seed)
        for name in dict.fromkeys(names)
        for database in dict.fromkeys(databases)
        if database in SCENARIOS[name].databases
    ]
    trials = [trial for plan in plans if (trial := _try(plan))]
    report.show(trials)
    if json_path:
        found = [trial.as_dict() for trial in trials]
        json_path.write_text(json.dumps(found, indent=2) + "\n")
    if any(trial.findings for trial in trials):
        raise SystemExit(1)


def _try(plan: Plan) -> Trial | None:
    name = f"{plan.scenario.name} on {plan.database}"
    with watching(name, plan.pushes) as watch:
        try:
            return run_trial(plan, on_push=watch.pushed, tell=watch.tell)
        except Skipped as reason:
            watch.tell(f"skipped: {reason}")
            return None


if __name__ == "__main__":
    main()
