"""``python -m benchmarks``: run all of it and print the tables."""

import signal
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from benchmarks import stops
from benchmarks.backlog import BATCHES
from benchmarks.ingest import ENVELOPES
from benchmarks.load import WORKLOADS
from benchmarks.plan import Plan, measure
from benchmarks.retention import Watch

_STOP: Final = "stop"
_BACKLOG: Final = "backlog"
_INGEST: Final = "ingest"
_RETENTION: Final = "retention"
# What takes many minutes has to be named.
_DEFAULT: Final = [*(workload.name for workload in WORKLOADS), _STOP, _BACKLOG, _INGEST]
_NAMES: Final = [*_DEFAULT, _RETENTION]
_QUICK_EVENTS: Final = 2000
_QUICK_ROWS: Final = 100_000
_REST_S: Final = 30.0
_QUICK_REST_S: Final = 5.0


@click.command()
@click.option(
    "--seconds",
    default=5,
    show_default=True,
    type=click.IntRange(min=1),
    help="How long one turn loads a server.",
)
@click.option(
    "--rounds",
    default=2,
    show_default=True,
    type=click.IntRange(min=1),
    help="Turns of each server per workload; the tables show the medians.",
)
@click.option(
    "--connections",
    default=[8, 64],
    show_default=True,
    multiple=True,
    type=click.IntRange(min=1),
    help="Connections at once; may be given several times.",
)
@click.option(
    "--workload",
    "names",
    default=_DEFAULT,
    show_default=True,
    multiple=True,
    type=click.Choice(_NAMES),
    help="What to measure; may be given several times.",
)
@click.option(
    "--drain",
    "drain_s",
    default=60,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seconds to wait for the events after a load.",
)
@click.option(
    "--events",
    default=40_000,
    show_default=True,
    type=click.IntRange(min=1),
    help="How many events make a backlog, at least.",
)
@click.option(
    "--rows",
    default=500_000,
    show_default=True,
    type=click.IntRange(min=10_000),
    help="How many events the log has from which retention takes the old ones.",
)
@click.option(
    "--watch",
    "watch_s",
    default=240,
    show_default=True,
    type=click.IntRange(min=10),
    help="Seconds after which a run of retention is cancelled.",
)
@click.option(
    "--quick",
    is_flag=True,
    help="One round of turns of one second, and of small backlogs.",
)
@click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every turn to this file.",
)
@click.option(
    "--plot",
    "plot_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the ratios in this file, as SVG.",
)
def main(
    *,
    seconds: int,
    rounds: int,
    connections: tuple[int, ...],
    names: tuple[str, ...],
    drain_s: int,
    events: int,
    rows: int,
    watch_s: int,
    quick: bool,
    json_path: Path | None,
    plot_path: Path | None,
) -> None:
    """Measure notifier and, beside it, docker-registry if that is installed."""
    # A stop from outside cleans up as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    plan = Plan(
        workloads=[workload for workload in WORKLOADS if workload.name in names],
        connections=connections,
        seconds=1 if quick else seconds,
        rounds=1 if quick else rounds,
        drain_s=drain_s,
        stops=stops.WORKLOADS if _STOP in names else (),
        batches=BATCHES if _BACKLOG in names else (),
        events=_QUICK_EVENTS if quick else events,
        envelopes=ENVELOPES if _INGEST in names else (),
        rows=(_QUICK_ROWS if quick else rows) if _RETENTION in names else 0,
        watch=Watch(_QUICK_REST_S if quick else _REST_S, watch_s),
    )
    report = measure(plan, Console(stderr=True))
    report.show(Console())
    if json_path:
        report.write(json_path)
    if plot_path:
        report.plot(plot_path)


if __name__ == "__main__":
    main()
