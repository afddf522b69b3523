"""``python -m benchmarks.growth``: what it costs that there is more of something.

Two servers of ours run side by side, alike but for one size, and take turns under the
same loads.
"""

import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click
import orjson
from rich import box
from rich.console import Console

from benchmarks.client import client, count_processors
from benchmarks.compared import doubts
from benchmarks.grown import Grown, growth_table
from benchmarks.grown_servers import Ground, GrownServer, grown_server
from benchmarks.load import QUESTION, WORKLOADS, Workload
from benchmarks.logs import KINDS
from benchmarks.machine import describe_machine
from benchmarks.sizes import GROWTHS, QUICK, Growth
from benchmarks.turns import Turn, take_turn

_WORKLOADS: Final = {
    workload.name: workload
    for workload in (*WORKLOADS, QUESTION)
    if not workload.megabytes
}
_DEFAULT: Final = ("push", "pull", "get", "catalog", "question")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How growth is measured."""

    workloads: Sequence[Workload]
    seconds: int
    rounds: int
    drain_s: int
    ground: Ground


@click.command()
@click.option(
    "--of",
    "names",
    default=[growth.name for growth in GROWTHS],
    show_default=True,
    multiple=True,
    type=click.Choice([growth.name for growth in GROWTHS]),
    help="What grows; may be given several times.",
)
@click.option(
    "--to",
    "larger",
    multiple=True,
    type=(click.Choice([growth.name for growth in GROWTHS]), click.IntRange(min=1)),
    help="How large: --to events 1000000; may be given several times.",
)
@click.option(
    "--workload",
    "workloads",
    default=_DEFAULT,
    show_default=True,
    multiple=True,
    type=click.Choice(list(_WORKLOADS)),
    help="What to measure; may be given several times.",
)
@click.option(
    "--database",
    "kind",
    default=KINDS[0],
    show_default=True,
    type=click.Choice(KINDS),
    help="On which database.",
)
@click.option("--seconds", default=3, show_default=True, type=click.IntRange(min=1))
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(min=1))
@click.option(
    "--drain",
    "drain_s",
    default=600,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seconds to wait for the events after a load.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the logs of many events in this folder, and use those that are there.",
)
@click.option("--quick", is_flag=True, help="Grow less, with turns of one second.")
@click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every turn to this file.",
)
def main(
    *,
    names: tuple[str, ...],
    larger: tuple[tuple[str, int], ...],
    workloads: tuple[str, ...],
    kind: str,
    seconds: int,
    rounds: int,
    drain_s: int,
    keep: Path | None,
    quick: bool,
    json_path: Path | None,
) -> None:
    """Measure notifier where there is little of something, and where there is much."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    large = (QUICK if quick else {}) | dict(larger)
    growths = [
        replace(growth, large=large.get(growth.name, growth.large))
        for growth in GROWTHS
        if growth.name in names
    ]
    progress = Console(stderr=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        # PostgreSQL runs as another user, if this one is root.
        folder.chmod(0o755)
        driver = stack.enter_context(client(count_processors()))
        plan = _Plan(
            workloads=[_WORKLOADS[name] for name in workloads],
            seconds=1 if quick else seconds,
            rounds=rounds,
            drain_s=drain_s,
            ground=Ground(driver, kind, (keep or folder).resolve(), progress),
        )
        grown = [_measure(plan, folder / growth.name, growth) for growth in growths]
        _show(Console(), describe_machine(folder).render(), grown)
    if json_path:
        json_path.write_bytes(orjson.dumps(grown, option=orjson.OPT_INDENT_2))


def _measure(plan: _Plan, folder: Path, growth: Growth) -> Grown:
    folder.mkdir()
    sizes, turns = growth.sizes(), []
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                grown_server(plan.ground, folder / f"{number}", name, size)
            )
            for number, (name, size) in enumerate(sizes.items())
        ]
        for turn in _take_turns(plan, servers):
            plan.ground.progress.print(
                f"{turn.workload}, {turn.server}: {turn.load.per_s:,.1f}/s, "
                f"{turn.lag.received:,} of {turn.lag.expected:,} events",
                highlight=False,
            )
            turns.append(turn)
    return Grown(name=growth.name, servers=list(sizes), turns=turns)


def _take_turns(plan: _Plan, servers: Sequence[GrownServer]) -> Iterator[Turn]:
    for workload in plan.workloads:
        for number in range(plan.rounds):
            for one in servers if number % 2 == 0 else reversed(servers):
                yield take_turn(
                    plan.ground.driver,
                    one.server,
                    workload,
                    stock=one.stock,
                    connections=one.size.connections,
                    seconds=plan.seconds,
                    drain_s=plan.drain_s,
                )


def _show(console: Console, machine: str, grown: Sequence[Grown]) -> None:
    if not console.is_terminal:
        console.width = max(console.width, 180)
    frame = box.SIMPLE_HEAD if console.is_terminal else box.MARKDOWN
    console.print(machine, highlight=False)
    for one in grown:
        console.print(f"\nGrowth of {one.name}", style="bold")
        console.print(growth_table(one, frame))
        for doubt in doubts(one.turns):
            console.print(f"! {doubt}", style="yellow", highlight=False)


if __name__ == "__main__":
    main()
