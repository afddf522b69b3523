"""``python -m benchmarks``: run all of it and print the tables."""

import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from benchmarks.client import Client, client, count_processors
from benchmarks.images import REPOSITORIES, Image
from benchmarks.load import WORKLOADS, Workload
from benchmarks.machine import describe_machine
from benchmarks.receiver import receiver
from benchmarks.report import Report
from benchmarks.servers import (
    Server,
    docker_registry,
    find_docker_registry,
    notifier,
)
from benchmarks.turns import Turn, take_turn

_WARM_UP_S: Final = 0.5
_WARM_UP_DRAIN_S: Final = 10.0
_NAMES: Final = [workload.name for workload in WORKLOADS]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is measured."""

    workloads: Sequence[Workload]
    connections: Sequence[int]
    seconds: int
    rounds: int
    drain_s: int


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
    default=_NAMES,
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
@click.option("--quick", is_flag=True, help="One round of turns of one second.")
@click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every turn to this file.",
)
def main(
    *,
    seconds: int,
    rounds: int,
    connections: tuple[int, ...],
    names: tuple[str, ...],
    drain_s: int,
    quick: bool,
    json_path: Path | None,
) -> None:
    """Measure notifier and, beside it, docker-registry if that is installed."""
    # A stop from outside cleans up as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    plan = _Plan(
        workloads=[workload for workload in WORKLOADS if workload.name in names],
        connections=connections,
        seconds=1 if quick else seconds,
        rounds=1 if quick else rounds,
        drain_s=drain_s,
    )
    report = _measure(plan, Console(stderr=True))
    report.show(Console())
    if json_path:
        report.write(json_path)


def _measure(plan: _Plan, progress: Console) -> Report:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        driver = stack.enter_context(client(count_processors()))
        servers = [
            stack.enter_context(
                notifier(folder, stack.enter_context(receiver())),
            )
        ]
        if find_docker_registry():
            servers.append(
                stack.enter_context(
                    docker_registry(folder, stack.enter_context(receiver()))
                )
            )
        else:
            progress.print("docker-registry is not installed: nothing to compare with.")
        images = {server.name: _warm_up(driver, server) for server in servers}
        turns = []
        for turn in _take_turns(plan, driver, servers, images):
            progress.print(_line(turn), highlight=False)
            turns.append(turn)
        return Report(
            machine=describe_machine(folder),
            versions={server.name: server.version for server in servers},
            seconds=plan.seconds,
            turns=turns,
        )


def _warm_up(driver: Client, server: Server) -> list[Image]:
    """Push what the other workloads fetch and do everything once, unmeasured."""
    images = driver.push_images(server.host, REPOSITORIES)
    for workload in WORKLOADS:
        take_turn(
            driver,
            server,
            workload,
            images=images,
            connections=8,
            seconds=_WARM_UP_S,
            drain_s=_WARM_UP_DRAIN_S,
        )
    return images


def _take_turns(
    plan: _Plan,
    driver: Client,
    servers: Sequence[Server],
    images: dict[str, list[Image]],
) -> Iterator[Turn]:
    """Let the servers take turns, the first of a round being the last of the next."""
    for workload in plan.workloads:
        for connections in plan.connections:
            for number in range(plan.rounds):
                for server in servers if number % 2 == 0 else reversed(servers):
                    yield take_turn(
                        driver,
                        server,
                        workload,
                        images=images[server.name],
                        connections=connections,
                        seconds=plan.seconds,
                        drain_s=plan.drain_s,
                    )


def _line(turn: Turn) -> str:
    return (
        f"{turn.workload} x {turn.connections}, {turn.server}: "
        f"{turn.load.per_s:,.0f}/s, "
        f"{turn.lag.received:,} of {turn.lag.expected:,} events"
    )


if __name__ == "__main__":
    main()
