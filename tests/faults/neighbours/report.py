"""What is printed at the end: a table for each trial, and what was wrong."""

from collections.abc import Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from tests.faults.neighbours.fare import Fare
from tests.faults.neighbours.trial import Trial

_SHOWN = 10
_WIDTH = 130
_COLUMNS = (
    "receiver",
    "behaviour",
    "events",
    "delivered",
    "attempts",
    "pending",
    "p50",
    "p99",
    "max",
)
_TEXTS = 2


def show(trials: Sequence[Trial]) -> None:
    """Print the tables, as wide as they need to be if nobody looks."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(width=_WIDTH, highlight=False)
    for trial in trials:
        console.print(_table(trial))
        console.print(_summary(trial), markup=False)
        _show_findings(console, trial)


def _table(trial: Trial) -> Table:
    plan = trial.plan
    title = f"{plan.database}: {plan.rate:g} events a second for {plan.seconds:g} s"
    table = Table(title=title, title_justify="left", box=SIMPLE)
    for number, column in enumerate(_COLUMNS):
        table.add_column(column, justify="left" if number < _TEXTS else "right")
    for fare in trial.fares:
        table.add_row(*_row(trial.events, fare))
    return table


def _row(events: int, fare: Fare) -> Sequence[str]:
    return (
        fare.role.name,
        fare.role.summary,
        f"{events:,}",
        f"{fare.delivered:,}",
        f"{fare.attempts:,}",
        f"{fare.pending:,}",
        *(_seconds(each) for each in (fare.p50_s, fare.p99_s, fare.max_s)),
    )


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} s"


def _summary(trial: Trial) -> str:
    growth = trial.growth
    return (
        f"{trial.reached_rate:.1f} events a second, the slowest request in "
        f"{trial.slowest_s:.2f} s; memory {growth.early_mb:.0f} MB at a fifth of the "
        f"time, {growth.late_mb:.0f} MB at its end; {trial.trapped} connections to a "
        "forbidden address."
    )


def _show_findings(console: Console, trial: Trial) -> None:
    found = [*trial.findings, *trial.excesses]
    for finding in found[:_SHOWN]:
        console.print(f"{trial.plan.database}: {finding}", markup=False)
    if len(found) > _SHOWN:
        console.print(f"… {len(found)} in all")
    if trial.kept:
        console.print(f"Its data and output are kept in {trial.kept}", markup=False)
