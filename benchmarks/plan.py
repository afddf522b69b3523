"""What is to be measured, and the measuring of it, one thing after the other."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from benchmarks.backlog import Backlog, deliver_backlog
from benchmarks.client import Client, client, count_processors
from benchmarks.images import REPOSITORIES
from benchmarks.ingest import CONNECTIONS, Intake, take_in
from benchmarks.load import Workload
from benchmarks.machine import describe_machine
from benchmarks.receiver import receiver
from benchmarks.report import Report
from benchmarks.retention import Retained, Watch, retain_all
from benchmarks.servers import Server, read_versions, registries
from benchmarks.stock import Stock
from benchmarks.stops import Stop, stop_after
from benchmarks.turns import Turn, take_turn
from benchmarks.wrk import is_installed

_WARM_UP_S: Final = 0.5
_WARM_UP_DRAIN_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured."""

    workloads: Sequence[Workload]
    connections: Sequence[int]
    seconds: int
    rounds: int
    drain_s: int
    stops: Sequence[Workload]
    batches: Sequence[int]
    events: int
    envelopes: Sequence[int]
    rows: int
    watch: Watch


def measure(plan: Plan, progress: Console) -> Report:
    """Measure all of it; say of each thing how it went as soon as that is known."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        driver = stack.enter_context(client(count_processors()))
        turns = []
        if workloads := list(_list_possible(plan.workloads, progress)):
            with _servers(folder / "turns", progress) as servers:
                for turn in _take_turns(plan, workloads, driver, servers):
                    progress.print(_line(turn), highlight=False)
                    turns.append(turn)
        stops = []
        for stop in _stop(plan, driver, folder, progress):
            progress.print(_stop_line(stop), highlight=False)
            stops.append(stop)
        backlogs = []
        for backlog in _deliver_backlogs(plan, driver, folder):
            progress.print(_backlog_line(backlog), highlight=False)
            backlogs.append(backlog)
        intakes = []
        for intake in _take_in(plan, folder, progress):
            progress.print(_intake_line(intake), highlight=False)
            intakes.append(intake)
        retained = []
        for run in _retain(plan, folder, progress):
            progress.print(_retained_line(run), highlight=False)
            retained.append(run)
        return Report(
            machine=describe_machine(folder),
            versions=read_versions(),
            seconds=plan.seconds,
            turns=turns,
            stops=stops,
            backlogs=backlogs,
            intakes=intakes,
            retained=retained,
        )


@contextmanager
def _servers(folder: Path, progress: Console) -> Iterator[Sequence[Server]]:
    with registries(folder, progress) as found, ExitStack() as stack:
        yield [stack.enter_context(registry.running()) for registry in found]


def _warm_up(driver: Client, server: Server, workloads: Sequence[Workload]) -> Stock:
    """Push what there is to fetch, and do everything, unmeasured.

    Our own client does it, which compares what it is answered.
    """
    host = server.registry.host
    catalog, tags = driver.push_listed(host)
    images = driver.push_images(host, REPOSITORIES)
    stock = Stock(
        images=images,
        catalog=catalog,
        tags=tags,
        blob=driver.push_blob(host),
    )
    for workload in workloads:
        turn = take_turn(
            driver,
            server,
            workload,
            stock=stock,
            connections=8,
            seconds=_WARM_UP_S,
            drain_s=_WARM_UP_DRAIN_S,
        )
        if turn.load.errors:
            raise click.ClickException(
                f"{workload.name}, {turn.server}: {turn.load.error}"
            )
    return stock


def _list_possible(
    workloads: Sequence[Workload], progress: Console
) -> Iterator[Workload]:
    for workload in workloads:
        if workload.per_s and not is_installed():
            progress.print(f"wrk is not installed: {workload.name} is not measured.")
        else:
            yield workload


def _take_turns(
    plan: Plan,
    workloads: Sequence[Workload],
    driver: Client,
    servers: Sequence[Server],
) -> Iterator[Turn]:
    """Let the servers take turns, the first of a round being the last of the next."""
    stocks = {
        server.registry.name: _warm_up(driver, server, workloads) for server in servers
    }
    for workload in workloads:
        for connections in workload.connections or plan.connections:
            for number in range(plan.rounds):
                for server in servers if number % 2 == 0 else reversed(servers):
                    yield take_turn(
                        driver,
                        server,
                        workload,
                        stock=stocks[server.registry.name],
                        connections=connections,
                        seconds=plan.seconds,
                        drain_s=plan.drain_s,
                    )


def _stop(
    plan: Plan, driver: Client, folder: Path, progress: Console
) -> Iterator[Stop]:
    for workload in plan.stops:
        with registries(folder / f"stop-{workload.name}", progress) as found:
            for registry in found:
                yield stop_after(
                    driver,
                    registry,
                    workload,
                    seconds=plan.seconds,
                    drain_s=plan.drain_s,
                )


def _deliver_backlogs(plan: Plan, driver: Client, folder: Path) -> Iterator[Backlog]:
    for number in range(plan.rounds):
        for max_batch in plan.batches:
            with receiver() as one:
                yield deliver_backlog(
                    driver,
                    folder / f"backlog-{max_batch}-{number}",
                    one,
                    max_batch=max_batch,
                    events=plan.events,
                )


def _take_in(plan: Plan, folder: Path, progress: Console) -> Iterator[Intake]:
    if plan.envelopes and not is_installed():
        progress.print("wrk is not installed: ingest is not measured.")
        return
    for number in range(plan.rounds):
        for envelope in plan.envelopes:
            yield take_in(
                folder / f"ingest-{envelope}-{number}",
                envelope=envelope,
                connections=CONNECTIONS,
                seconds=plan.seconds,
            )


def _retain(plan: Plan, folder: Path, progress: Console) -> Iterator[Retained]:
    if plan.rows:
        yield from retain_all(
            folder, events=plan.rows, watch=plan.watch, progress=progress
        )


def _line(turn: Turn) -> str:
    return (
        f"{turn.workload} x {turn.connections}, {turn.server}: "
        f"{turn.load.per_s:,.0f}/s, "
        f"{turn.lag.received:,} of {turn.lag.expected:,} events"
    )


def _stop_line(stop: Stop) -> str:
    return (
        f"stop after {stop.workload}, {stop.server}: "
        f"{stop.lost:,} of {stop.expected:,} events lost"
    )


def _backlog_line(backlog: Backlog) -> str:
    return (
        f"backlog, max_batch {backlog.max_batch}: {backlog.per_s:,.0f}/s, "
        f"{backlog.received:,} of {backlog.events:,} events"
    )


def _intake_line(intake: Intake) -> str:
    return (
        f"ingest, envelopes of {intake.envelope}: {intake.per_s:,.0f} events/s, "
        f"{intake.recorded:,} recorded"
    )


def _retained_line(run: Retained) -> str:
    return (
        f"retention, {run.database}: {run.archived:,} of {run.examined:,} events "
        f"archived, {run.per_s:,.0f}/s"
    )
