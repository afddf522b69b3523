"""What is printed at the end: a table for each scenario, and what was wrong."""

from collections.abc import Sequence
from itertools import groupby

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from tests.faults.trial import Trial

_SHOWN = 10
_WIDTH = 160
_COLUMNS = (
    "database",
    "pushes\nacknowledged",
    "requests\nacknowledged",
    "events\nrecorded",
    "delivered",
    "duplicates",
    "lost\nin log",
    "lost to\nreceiver",
    "refused\nfor now",
    "slowest\nrequest",
    "slowest\nstart",
    "verdict",
)


def show(trials: Sequence[Trial]) -> None:
    """Print the tables, as wide as they need to be if nobody looks."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(width=_WIDTH, highlight=False)
    for name, group in groupby(trials, lambda trial: trial.plan.scenario.name):
        tried = list(group)
        console.print(_table(f"{name}: {tried[0].plan.scenario.summary}", tried))
        for trial in tried:
            _show_findings(console, trial)


def _table(title: str, trials: Sequence[Trial]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE)
    for number, column in enumerate(_COLUMNS):
        table.add_column(column, justify="right" if number else "left")
    for trial in trials:
        table.add_row(*_row(trial))
    return table


def _row(trial: Trial) -> Sequence[str]:
    reckoning = trial.reckoning
    return (
        trial.plan.database,
        f"{trial.pushed:,} of {trial.plan.pushes:,}",
        f"{reckoning.answered:,}",
        f"{reckoning.recorded:,}",
        f"{reckoning.delivered:,}",
        f"{reckoning.duplicates:,}",
        f"{reckoning.lost_in_log:,}",
        f"{reckoning.lost_to_receiver:,}",
        ", ".join(f"{n:,}: {status}" for status, n in trial.refusals.items()) or "0",
        f"{trial.slowest_s:.2f} s",
        f"{trial.slowest_start_s:.2f} s",
        f"{len(trial.findings)} findings" if trial.findings else "right",
    )


def _show_findings(console: Console, trial: Trial) -> None:
    for finding in trial.findings[:_SHOWN]:
        console.print(f"{trial.plan.database}: {finding}", markup=False)
    if len(trial.findings) > _SHOWN:
        console.print(f"… {len(trial.findings)} in all")
    if trial.kept:
        console.print(f"Its data and output are kept in {trial.kept}", markup=False)
